package io.modelweave.cka.products;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Arrays that are used again and again, also from one comparison to the next: the system hands out fresh memory page by page, which costs
 * more than most of what is done with it. At most {@value #MOST_BYTES} bytes wait to be used again. Safe for threads.
 */
public final class Scratch {

  private static final long MOST_BYTES = 96L << 20;
  private static final Pool<INDArray> FREE =
      new Pool<>(MOST_BYTES, array -> array.length() * array.dataType().width(), INDArray::close);

  private Scratch() {}

  /** Returns an array in 'c' order with anything in it, to be given back. */
  public static INDArray take(DataType type, long... shape) {
    INDArray array = FREE.take(free -> free.dataType() == type && Arrays.equals(free.shape(), shape));
    return array != null ? array : Nd4j.createUninitialized(type, shape, 'c');
  }

  /** Takes an array back that nobody uses any more. */
  public static void give(INDArray array) {
    FREE.give(array);
  }
}
