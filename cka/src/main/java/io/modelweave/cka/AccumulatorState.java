package io.modelweave.cka;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The bytes of accumulators: a mark, a version, a kind, then fields in a fixed order, big-endian. */
final class AccumulatorState {

  private static final int MARK = 0x4d57434b;
  private static final int VERSION = 1;

  private AccumulatorState() {}

  /** Writes fields in order. */
  static final class Writer {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(bytes);

    Writer(boolean miniBatches) throws IOException {
      out.writeInt(MARK);
      out.writeInt(VERSION);
      out.writeBoolean(miniBatches);
    }

    Writer integer(int value) throws IOException {
      out.writeInt(value);
      return this;
    }

    Writer string(String value) throws IOException {
      byte[] utf8 = value.getBytes(java.nio.charset.StandardCharsets.UTF_8);
      out.writeInt(utf8.length);
      out.write(utf8);
      return this;
    }

    Writer strings(Collection<String> values) throws IOException {
      out.writeInt(values.size());
      for (String value : values) {
        string(value);
      }
      return this;
    }

    Writer doubles(double... values) throws IOException {
      out.writeInt(values.length);
      for (double value : values) {
        out.writeDouble(value);
      }
      return this;
    }

    byte[] bytes() {
      return bytes.toByteArray();
    }
  }

  /** Reads fields in the order in which they were written. */
  static final class Reader implements AutoCloseable {

    private final DataInputStream in;
    private final boolean miniBatches;

    Reader(byte[] bytes) throws IOException {
      in = new DataInputStream(new ByteArrayInputStream(bytes));
      if (bytes.length < 9 || in.readInt() != MARK) {
        throw new IllegalArgumentException("these %d bytes are not of a CkaAccumulator".formatted(bytes.length));
      }
      int version = in.readInt();
      if (version != VERSION) {
        throw new IllegalArgumentException(
            "the accumulator is of version %d, but this library reads %d; use the same library on both sides".formatted(version, VERSION));
      }
      miniBatches = in.readBoolean();
    }

    boolean isOfMiniBatches() {
      return miniBatches;
    }

    int integer() throws IOException {
      return in.readInt();
    }

    String string() throws IOException {
      return new String(exactly(in.readInt(), 1), java.nio.charset.StandardCharsets.UTF_8);
    }

    List<String> strings() throws IOException {
      int count = in.readInt();
      List<String> values = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        values.add(string());
      }
      return values;
    }

    double[] doubles() throws IOException {
      double[] values = new double[in.readInt()];
      java.nio.ByteBuffer.wrap(exactly(values.length, Double.BYTES)).asDoubleBuffer().get(values);
      return values;
    }

    private byte[] exactly(int count, int size) throws IOException {
      byte[] bytes = in.readNBytes(Math.multiplyExact(count, size));
      if (bytes.length != count * size) {
        throw new IllegalArgumentException("the bytes of the accumulator end early: they were cut off on the way");
      }
      return bytes;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
