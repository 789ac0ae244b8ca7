package io.modelweave.core.checkpoint;

import io.modelweave.core.Checkpoint;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.Shape;
import org.nd4j.linalg.factory.Nd4j;

/** Moves bytes between arrays, checkpoints and buffers without changing one: row-major elements, each little-endian. */
public final class TensorBytes {

  private static final int CHUNK = 1 << 24;

  private TensorBytes() {}

  /** Takes one stretch of the bytes of a tensor: fills or drains the whole buffer. */
  @FunctionalInterface
  public interface Chunk {

    /**
     * Fills or drains the buffer.
     *
     * @param offset the first byte of the stretch, in bytes from the start of the tensor
     * @param bytes the little-endian memory of the stretch; valid during the call only
     */
    void accept(long offset, ByteBuffer bytes);
  }

  /**
   * Returns the array itself if its elements lie row-major and gapless from the start of its memory on, otherwise such a copy.
   *
   * @param array any array; not modified
   */
  public static INDArray rowMajor(INDArray array) {
    boolean direct = array.isEmpty() || array.ordering() == 'c' && array.offset() == 0 && Shape.hasDefaultStridesForShape(array);
    return direct ? array : array.dup('c');
  }

  /** Returns a new {@code 'c'}-ordered copy of an array, bit for bit. */
  public static INDArray copy(INDArray array) {
    TensorInfo info = info("array", array);
    INDArray source = rowMajor(array);
    return source == array ? create(info, (offset, bytes) -> read(array, offset, bytes)) : source;
  }

  /**
   * Returns a new {@code 'c'}-ordered array whose memory is filled stretch by stretch, from first to last.
   *
   * @param info type and shape
   * @param filler fills each buffer that it is given
   * @throws IllegalArgumentException if ND4J has no such type
   */
  public static INDArray create(TensorInfo info, Chunk filler) {
    var type = info.type().dataType().orElseThrow(() -> new IllegalArgumentException(
        "tensor \"%s\" is %s, a type that ND4J does not have; read its bytes with raw(\"%s\"), or convert the file to BF16 or F32 first"
            .formatted(info.name(), info.type(), info.name())));
    INDArray array = info.shape().isEmpty() ? Nd4j.scalar(type, 0) : Nd4j.createUninitialized(type, info.dimensions(), 'c');
    forEachChunk(array, filler);
    if (!array.isEmpty()) {
      Nd4j.getAffinityManager().tagLocation(array, Location.HOST);
    }
    return array;
  }

  /**
   * Fills a buffer with bytes of an array.
   *
   * @param array an array that {@link #rowMajor} returned
   * @param offset where to start, in bytes from the first element
   * @param destination takes {@code destination.remaining()} bytes
   * @throws IndexOutOfBoundsException if the array ends before the buffer is full
   */
  public static void read(INDArray array, long offset, ByteBuffer destination) {
    long length = array.length() * array.dataType().width();
    requireWithin(offset, destination.remaining(), array.isEmpty() ? 0 : length);
    if (destination.hasRemaining()) {
      destination.put(memory(array, offset, destination.remaining()));
      Reference.reachabilityFence(array);
    }
  }

  /** Returns a tensor of a checkpoint as {@link Checkpoint#tensor} describes. */
  public static INDArray toArray(Checkpoint checkpoint, String name) {
    return create(checkpoint.info(name), (offset, bytes) -> checkpoint.read(name, offset, bytes));
  }

  /** Returns rows of a tensor of a checkpoint as {@link Checkpoint#tensor(String, long, long)} describes. */
  public static INDArray toArray(Checkpoint checkpoint, String name, long fromRow, long toRow) {
    TensorInfo info = checkpoint.info(name);
    if (info.shape().isEmpty()) {
      throw new IllegalArgumentException("tensor \"%s\" is a single %s and has no rows; read it with tensor(\"%s\")"
          .formatted(name, info.type(), name));
    }
    long rows = info.shape().get(0);
    if (fromRow < 0 || fromRow > toRow || toRow > rows) {
      throw new IndexOutOfBoundsException("rows %d to %d of tensor \"%s\", which is %s and has rows 0 to %d"
          .formatted(fromRow, toRow, name, info.describe(), rows));
    }
    List<Long> shape = new ArrayList<>(info.shape());
    shape.set(0, toRow - fromRow);
    long begin = rows == 0 ? 0 : info.byteLength() / rows * fromRow;
    return create(new TensorInfo(name, info.type(), shape), (offset, bytes) -> checkpoint.read(name, begin + offset, bytes));
  }

  /** Returns the bytes of a tensor of a checkpoint as {@link Checkpoint#raw} describes. */
  public static ByteBuffer toBuffer(Checkpoint checkpoint, String name) {
    TensorInfo info = checkpoint.info(name);
    if (info.byteLength() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "tensor \"%s\" has %d bytes, more than a buffer holds; read it in parts with read(name, offset, buffer)"
              .formatted(name, info.byteLength()));
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) info.byteLength()).order(ByteOrder.LITTLE_ENDIAN);
    checkpoint.read(name, 0, bytes);
    return bytes.flip();
  }

  /**
   * Returns type and shape of an array.
   *
   * @throws IllegalArgumentException if no checkpoint holds its type
   */
  public static TensorInfo info(String name, INDArray array) {
    ElementType type = ElementType.of(array.dataType()).orElseThrow(() -> new IllegalArgumentException(
        "tensor \"%s\" is %s, a type that checkpoints do not hold".formatted(name, array.dataType())));
    // ND4J's empty array without a shape would pass for a single number.
    return new TensorInfo(name, type, array.isEmpty() && array.rank() == 0 ? List.of(0L) : Arrays.stream(array.shape()).boxed().toList());
  }

  static void requireWithin(long offset, long count, long length) {
    if (offset < 0 || count > length - offset) {
      throw new IndexOutOfBoundsException("%d bytes from byte %d of a tensor of %d bytes".formatted(count, offset, length));
    }
  }

  private static void forEachChunk(INDArray array, Chunk chunk) {
    long length = array.isEmpty() ? 0 : array.length() * array.dataType().width();
    for (long offset = 0; offset < length; offset += CHUNK) {
      chunk.accept(offset, memory(array, offset, (int) Math.min(CHUNK, length - offset)));
    }
    Reference.reachabilityFence(array);
  }

  @SuppressWarnings("resource") // the pointer does not own the memory
  private static ByteBuffer memory(INDArray array, long offset, int count) {
    Nd4j.getAffinityManager().ensureLocation(array, Location.HOST);
    // A position beyond 2 GiB is lost in asByteBuffer; an address is not.
    BytePointer start = new BytePointer(array.data().addressPointer()).getPointer(offset);
    return start.capacity(count).limit(count).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }
}
