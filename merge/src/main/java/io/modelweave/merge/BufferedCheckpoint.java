package io.modelweave.merge;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.MissingTensorException;
import io.modelweave.core.checkpoint.TensorInfo;
import io.modelweave.merge.engine.TensorSink;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The result of a merge in memory: bytes on the Java heap, which no tensor library is needed for. */
final class BufferedCheckpoint implements Checkpoint, TensorSink {

  private static final int SEGMENT = 1 << 28;

  private record Tensor(TensorInfo info, List<byte[]> segments) {}

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final Map<String, String> metadata;
  private final Map<String, String> tied;
  private volatile boolean closed;

  BufferedCheckpoint(List<TensorInfo> infos, Map<String, String> metadata, Map<String, String> tied) {
    this.metadata = metadata;
    this.tied = tied;
    for (TensorInfo info : infos) {
      List<byte[]> segments = new ArrayList<>();
      for (long at = 0; at < info.byteLength(); at += SEGMENT) {
        segments.add(new byte[(int) Math.min(SEGMENT, info.byteLength() - at)]);
      }
      tensors.put(info.name(), new Tensor(info, segments));
    }
  }

  @Override
  public void write(String name, long offset, ByteBuffer bytes) {
    List<byte[]> segments = stored(name).segments();
    for (long at = offset; bytes.hasRemaining(); ) {
      byte[] segment = segments.get((int) (at / SEGMENT));
      int within = (int) (at % SEGMENT);
      int count = Math.min(bytes.remaining(), segment.length - within);
      bytes.get(segment, within, count);
      at += count;
    }
  }

  @Override
  public boolean wantsHashes() {
    return false;
  }

  @Override
  public List<String> names() {
    List<String> names = new ArrayList<>(tensors.keySet());
    names.addAll(tied.keySet());
    return names;
  }

  @Override
  public boolean contains(String name) {
    return tensors.containsKey(name) || tied.containsKey(name);
  }

  @Override
  public TensorInfo info(String name) {
    TensorInfo info = stored(name).info();
    return new TensorInfo(name, info.type(), info.shape());
  }

  @Override
  public void read(String name, long offset, ByteBuffer destination) {
    Tensor tensor = stored(name);
    if (closed) {
      throw new IllegalStateException("the checkpoint is closed");
    }
    if (offset < 0 || destination.remaining() > tensor.info().byteLength() - offset) {
      throw new IndexOutOfBoundsException("%d bytes from byte %d of a tensor of %d bytes".formatted(destination.remaining(), offset,
          tensor.info().byteLength()));
    }
    for (long at = offset; destination.hasRemaining(); ) {
      byte[] segment = tensor.segments().get((int) (at / SEGMENT));
      int within = (int) (at % SEGMENT);
      int count = Math.min(destination.remaining(), segment.length - within);
      destination.put(segment, within, count);
      at += count;
    }
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public Map<String, String> tied() {
    return tied;
  }

  @Override
  public String source() {
    return "memory";
  }

  @Override
  public void close() {
    closed = true;
    tensors.values().forEach(tensor -> tensor.segments().clear());
  }

  @Override
  public String toString() {
    return "Checkpoint[%d tensors, memory]".formatted(tensors.size());
  }

  private Tensor stored(String name) {
    Tensor tensor = tensors.get(tied.getOrDefault(name, name));
    if (tensor == null) {
      throw new MissingTensorException(source(), name, tensors.keySet());
    }
    return tensor;
  }
}
