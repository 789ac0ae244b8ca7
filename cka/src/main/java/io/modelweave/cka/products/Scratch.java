package io.modelweave.cka.products;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Arrays that are used again and again, also from one comparison to the next: the system hands out fresh memory page by page, which costs
 * more than most of what is done with it. At most {@value #MOST_BYTES} bytes wait to be used again. Safe for threads.
 */
public final class Scratch {

  private static final long MOST_BYTES = 96L << 20;

  /** What was given back last comes first: it is the likeliest to be in the cache. */
  private static final Deque<INDArray> FREE = new ArrayDeque<>();

  private static long freeBytes;

  private Scratch() {}

  /** Returns an array in 'c' order with anything in it, to be given back. */
  public static INDArray take(DataType type, long... shape) {
    synchronized (FREE) {
      for (Iterator<INDArray> arrays = FREE.iterator(); arrays.hasNext();) {
        INDArray array = arrays.next();
        if (array.dataType() == type && Arrays.equals(array.shape(), shape)) {
          arrays.remove();
          freeBytes -= bytes(array);
          return array;
        }
      }
    }
    return Nd4j.createUninitialized(type, shape, 'c');
  }

  /** Takes an array back that nobody uses any more. */
  public static void give(INDArray array) {
    synchronized (FREE) {
      FREE.push(array);
      freeBytes += bytes(array);
      while (freeBytes > MOST_BYTES) {
        INDArray oldest = FREE.removeLast();
        freeBytes -= bytes(oldest);
        oldest.close();
      }
    }
  }

  private static long bytes(INDArray array) {
    return array.length() * array.dataType().width();
  }
}
