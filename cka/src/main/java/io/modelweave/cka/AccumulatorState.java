package io.modelweave.cka;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;

/** The bytes of accumulators: a mark, a version, a kind, then fields in a fixed order, and their CRC-32; big-endian. */
final class AccumulatorState {

  private static final int MARK = 0x4d57434b;
  private static final int VERSION = 1;

  /** Mark, version, kind and checksum. */
  private static final int SHORTEST = 13;

  private AccumulatorState() {}

  /** Writes fields in order. */
  static final class Writer {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CheckedOutputStream checked = new CheckedOutputStream(bytes, new CRC32());
    private final DataOutputStream out = new DataOutputStream(checked);

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
      byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
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

    byte[] bytes() throws IOException {
      out.writeInt((int) checked.getChecksum().getValue());
      return bytes.toByteArray();
    }
  }

  /** Reads fields in the order in which they were written. */
  static final class Reader implements AutoCloseable {

    private final DataInputStream in;
    private final boolean miniBatches;

    Reader(byte[] bytes) throws IOException {
      in = new DataInputStream(new ByteArrayInputStream(bytes));
      if (bytes.length < SHORTEST || in.readInt() != MARK) {
        throw new IllegalArgumentException("these %d bytes are not of a CkaAccumulator".formatted(bytes.length));
      }
      int version = in.readInt();
      if (version != VERSION) {
        throw new IllegalArgumentException(
            "the accumulator is of version %d, but this library reads %d; use the same library on both sides".formatted(version, VERSION));
      }
      int fields = bytes.length - Integer.BYTES;
      CRC32 sum = new CRC32();
      sum.update(bytes, 0, fields);
      if (ByteBuffer.wrap(bytes).getInt(fields) != (int) sum.getValue()) {
        throw new IllegalArgumentException(
            "the %d bytes of the accumulator were damaged or cut off on the way; send what toBytes() returned again"
                .formatted(bytes.length));
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
      return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
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
      ByteBuffer.wrap(in.readNBytes(values.length * Double.BYTES)).asDoubleBuffer().get(values);
      return values;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
