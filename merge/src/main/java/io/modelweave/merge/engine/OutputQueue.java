package io.modelweave.merge.engine;

import io.modelweave.merge.method.TensorMerge;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;

/**
 * Tensors that are ready to be computed. Threads go from one to the next without waiting for each other; reports come in the order in
 * which tensors were added.
 */
final class OutputQueue {

  private record Part(OutputTensor tensor, Stretch stretch) {}

  private final MergeOptions options;
  private final TensorSink sink;
  private final long total;
  private final List<Part> parts = new ArrayList<>();
  private final List<TensorReport> reports = new ArrayList<>();
  private final ConcurrentLinkedDeque<ByteBuffer> free = new ConcurrentLinkedDeque<>();
  private long done;

  /**
   * Creates an empty queue.
   *
   * @param total bytes of all tensors that will be added
   */
  OutputQueue(MergeOptions options, TensorSink sink, long total) {
    this.options = options;
    this.sink = sink;
    this.total = total;
  }

  List<TensorReport> reports() {
    return reports;
  }

  /** Adds a tensor; a null merge copies. */
  void add(PlannedTensor planned, @Nullable TensorMerge merge) {
    OutputTensor tensor = new OutputTensor(planned, merge, sink.wantsHashes());
    if (merge == null) {
      tensor.compareCopies(options.requireEqualIntegers());
    }
    Stretch.of(planned).forEach(stretch -> parts.add(new Part(tensor, stretch)));
  }

  /** Returns the number of stretches that have been added and not computed. */
  int waiting() {
    return parts.size();
  }

  /** Computes what was added. */
  void flush(Workers workers) {
    workers.forEach(parts.size(), (index, worker, inOrder) -> {
      OutputTensor tensor = parts.get(index).tensor();
      Stretch stretch = parts.get(index).stretch();
      ByteBuffer free = this.free.poll();
      ByteBuffer bytes = ChunkBuffer.empty(free == null ? ChunkBuffer.NOTHING : free, stretch.length() * tensor.width());
      double[] sums = tensor.compute(stretch, workers.buffer(worker), bytes, options.refuseNonFinite());
      sink.write(tensor.info().name(), stretch.start() * tensor.width(), bytes.rewind().duplicate());
      inOrder.run(index, () -> {
        tensor.note(bytes, sums);
        this.free.add(bytes);
        if (stretch.last()) {
          TensorReport report = tensor.report();
          sink.finish(report);
          finished(report, tensor.info().byteLength());
        }
      });
    });
    parts.clear();
  }

  /** Takes note of a tensor that is complete, now or since an earlier run; nothing that was added before it may be waiting. */
  void finished(TensorReport report, long bytes) {
    reports.add(report);
    done += bytes;
    options.progress().onTensor(report, done, total);
  }
}
