package io.modelweave.core;

import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.core.checkpoint.MissingTensorException;
import io.modelweave.core.checkpoint.TensorBytes;
import io.modelweave.core.checkpoint.TensorInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Activations on their way into a file, as a checkpoint that grows: one temporary file of rows for every layer, since a safetensors file
 * begins with the number of rows, which is known at the end.
 */
final class ActivationSpill implements Checkpoint {

  private static final int BUFFER = 1 << 20;

  private final Path target;
  private final Map<String, Layer> layers = new LinkedHashMap<>();
  private final List<String> sampleIds = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
  private byte[] encodedIds = {};

  /** The rows of one layer: a file that vanishes when it is closed. */
  private record Layer(FileChannel rows, ElementType type, long width) {}

  /** Creates a spill without rows, whose temporary files will lie beside {@code target}. */
  ActivationSpill(Path target) {
    this.target = target.toAbsolutePath();
  }

  /** Appends the rows of a batch; all batches have the same layers and widths. */
  void add(Activations batch) {
    try {
      for (String name : batch.layers()) {
        INDArray values = batch.get(name);
        INDArray rows = TensorBytes.rowMajor(values);
        TensorInfo info = TensorBytes.info(name, rows);
        Layer layer = layers.get(name);
        if (layer == null) {
          layer = new Layer(openTemporary(), info.type(), rows.size(1));
          layers.put(name, layer);
        }
        append(rows, info.byteLength(), layer.rows());
        if (rows != values) {
          ArrayMemory.free(rows);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot spill activations beside %s: %s; its folder must exist, be writable and have room for them twice"
          .formatted(target, e.getMessage()), e);
    }
    sampleIds.addAll(batch.sampleIds());
  }

  private FileChannel openTemporary() throws IOException {
    Path file = target.resolveSibling(".%s.%s.tmp".formatted(target.getFileName(), UUID.randomUUID()));
    return FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE,
        StandardOpenOption.DELETE_ON_CLOSE);
  }

  private void append(INDArray rows, long length, FileChannel file) throws IOException {
    for (long offset = 0; offset < length; offset += BUFFER) {
      buffer.clear().limit((int) Math.min(BUFFER, length - offset));
      TensorBytes.read(rows, offset, buffer);
      AtomicFile.writeFully(file, buffer.flip());
    }
  }

  /** Writes what was added as a safetensors file, which {@link Activations#open} reads. */
  void write() {
    encodedIds = SampleIds.encode(sampleIds);
    write(target, true);
  }

  @Override
  public List<String> names() {
    List<String> names = new ArrayList<>(layers.keySet());
    names.add(SampleIds.TENSOR);
    return names;
  }

  @Override
  public boolean contains(String name) {
    return names().contains(name);
  }

  @Override
  public TensorInfo info(String name) {
    if (name.equals(SampleIds.TENSOR)) {
      return new TensorInfo(name, ElementType.U8, List.of((long) encodedIds.length));
    }
    Layer layer = layer(name);
    return new TensorInfo(name, layer.type(), List.of((long) sampleIds.size(), layer.width()));
  }

  @Override
  public void read(String name, long offset, ByteBuffer destination) {
    if (name.equals(SampleIds.TENSOR)) {
      destination.put(encodedIds, Math.toIntExact(offset), destination.remaining());
      return;
    }
    FileChannel rows = layer(name).rows();
    int start = destination.position();
    try {
      while (destination.hasRemaining()) {
        if (rows.read(destination, offset + destination.position() - start) < 0) {
          throw new IndexOutOfBoundsException("the spilled rows of \"%s\" end before byte %d".formatted(name, offset + destination.limit() - start));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read back the rows of \"%s\" spilled beside %s".formatted(name, target), e);
    }
  }

  private Layer layer(String name) {
    Layer layer = layers.get(name);
    if (layer == null) {
      throw new MissingTensorException(source(), name, names());
    }
    return layer;
  }

  @Override
  public Map<String, String> metadata() {
    return Map.of("format", "modelweave-activations");
  }

  @Override
  public String source() {
    return "activations for " + target;
  }

  @Override
  public void close() {
    for (Layer layer : layers.values()) {
      try {
        layer.rows().close();
      } catch (IOException e) {
        throw new UncheckedIOException("cannot remove the temporary files beside " + target, e);
      }
    }
  }
}
