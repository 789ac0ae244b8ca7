package io.modelweave.merge;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.core.checkpoint.TensorInfo;
import io.modelweave.merge.engine.NarrowFloat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A checkpoint of Java arrays, so that tests of merging need no tensor library. */
final class PlainCheckpoint implements Checkpoint {

  private final Map<String, TensorInfo> infos = new LinkedHashMap<>();
  private final Map<String, byte[]> bytes = new LinkedHashMap<>();
  private String source = "memory";

  PlainCheckpoint with(String name, ElementType type, List<Long> shape, double... values) {
    ByteBuffer buffer = ByteBuffer.allocate(values.length * type.bits() / 8).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      switch (type) {
        case F64 -> buffer.putDouble(value);
        case F32 -> buffer.putFloat((float) value);
        case BF16 -> buffer.putShort(NarrowFloat.BFLOAT16.fromDouble(value));
        case F16 -> buffer.putShort(NarrowFloat.HALF.fromDouble(value));
        case I64 -> buffer.putLong((long) value);
        case BOOL -> buffer.put((byte) value);
        default -> throw new AssertionError(type);
      }
    }
    infos.put(name, new TensorInfo(name, type, shape));
    bytes.put(name, buffer.array());
    return this;
  }

  PlainCheckpoint with(String name, double... values) {
    return with(name, ElementType.F32, List.of((long) values.length), values);
  }

  PlainCheckpoint called(String name) {
    source = name;
    return this;
  }

  static double[] doubles(Checkpoint checkpoint, String name) {
    ElementType type = checkpoint.info(name).type();
    ByteBuffer raw = checkpoint.raw(name);
    double[] values = new double[Math.toIntExact(checkpoint.info(name).length())];
    for (int i = 0; i < values.length; i++) {
      values[i] = switch (type) {
        case F64 -> raw.getDouble();
        case F32 -> raw.getFloat();
        case BF16 -> NarrowFloat.BFLOAT16.toDouble(raw.getShort());
        case F16 -> NarrowFloat.HALF.toDouble(raw.getShort());
        case I64 -> raw.getLong();
        default -> throw new AssertionError(type);
      };
    }
    return values;
  }

  @Override
  public List<String> names() {
    return List.copyOf(infos.keySet());
  }

  @Override
  public boolean contains(String name) {
    return infos.containsKey(name);
  }

  @Override
  public TensorInfo info(String name) {
    return infos.get(name);
  }

  @Override
  public void read(String name, long offset, ByteBuffer destination) {
    destination.put(bytes.get(name), (int) offset, destination.remaining());
  }

  @Override
  public Map<String, String> metadata() {
    return Map.of();
  }

  @Override
  public String source() {
    return source;
  }

  @Override
  public void close() {}
}
