package io.modelweave.merge.engine;

import io.modelweave.core.ModelMismatchException;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Pass;
import io.modelweave.merge.method.TensorContext;
import io.modelweave.merge.method.TensorMerge;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A merge of whole models in constant memory.
 *
 * <p>Tensors are read in chunks of a fixed size by several threads. Sums are added, and bytes hashed, in the order of the chunks, so that
 * threads and timing leave no trace in the output.
 */
public final class StreamingMerge {

  /** Elements of a chunk, unless a method needs longer rows in one piece: a few arrays of doubles fit into the second-level cache. */
  static final int CHUNK = 1 << 14;

  /** Stretches for which threads are set to work, so that little of their time is spent waiting for the last. */
  private static final int ENOUGH = 64;
  private static final int ARRAYS_BESIDE_INPUTS = 6;
  /** The one it computes and those that wait to be hashed. */
  private static final int OUTPUTS_OF_A_THREAD = 1 + Workers.AHEAD;

  private final List<List<PlannedTensor>> groups;
  private final List<String> problems;
  private final MergeOptions options;

  /** Plans a merge; reads headers only. */
  public StreamingMerge(List<TensorJob> jobs, MergeOptions options) {
    JobPlanner planner = new JobPlanner(options.seed());
    this.groups = planner.plan(jobs);
    this.problems = List.copyOf(planner.problems());
    this.options = options;
  }

  /** Returns one sentence fragment for everything that stands in the way; empty if the merge can run. */
  public List<String> problems() {
    return problems;
  }

  /** Returns the values of all parameters for each tensor that is merged, by name. */
  public Map<String, Map<String, List<Double>>> settings() {
    Map<String, Map<String, List<Double>>> all = new LinkedHashMap<>();
    groups.stream().flatMap(List::stream).filter(tensor -> tensor.job().method() != null)
        .forEach(tensor -> all.put(tensor.job().name(), tensor.context().settings().asMap()));
    return all;
  }

  /** Returns how much memory buffers will take at most, in bytes. */
  public long memoryBytes() {
    return groups.stream().flatMap(List::stream).mapToLong(tensor -> memoryBytes(tensor.context())).max().orElse(0) * options.threads();
  }

  private static long memoryBytes(TensorContext tensor) {
    long chunk = Math.max(CHUNK, tensor.chunkLength()) * (3L * tensor.models() + ARRAYS_BESIDE_INPUTS);
    long stretch = Math.max(Stretch.ELEMENTS, tensor.chunkLength()) * (tensor.models() + 1L + OUTPUTS_OF_A_THREAD);
    return (chunk + stretch) * Double.BYTES;
  }

  /**
   * Computes all tensors.
   *
   * @return one report for each, in the order of the plan
   * @throws ModelMismatchException with all {@link #problems()}, if there are any
   * @throws NonFiniteTensorException naming the first ten tensors and their models, if NaN or infinity turns up and is refused
   */
  public List<TensorReport> run(TensorSink sink) {
    if (!problems.isEmpty()) {
      throw new ModelMismatchException("cannot merge", problems);
    }
    try {
      return runAll(sink);
    } catch (NonFiniteTensorException e) {
      List<TensorJob> jobs = groups.stream().flatMap(List::stream).map(PlannedTensor::job).toList();
      throw NonFiniteTensorException.among(jobs).orElse(e);
    }
  }

  private List<TensorReport> runAll(TensorSink sink) {
    long total = groups.stream().flatMap(List::stream).mapToLong(tensor -> tensor.job().info().byteLength()).sum();
    OutputQueue queue = new OutputQueue(options, sink, total);
    try (Workers workers = new Workers(options.threads())) {
      for (List<PlannedTensor> group : groups) {
        queueGroup(group, queue, workers, sink);
      }
      queue.flush(workers);
    }
    return queue.reports();
  }

  /** Makes the passes that a group needs; what needs none waits in the queue, so that threads go from tensor to tensor without a stop. */
  private static void queueGroup(List<PlannedTensor> group, OutputQueue queue, Workers workers, TensorSink sink) {
    TensorMerge merge = null;
    boolean passes = false;
    for (PlannedTensor tensor : group) {
      TensorJob job = tensor.job();
      TensorReport finished = sink.finished(job.name()).orElse(null);
      if (finished != null) {
        queue.flush(workers);
        queue.finished(finished, job.info().byteLength());
        continue;
      }
      MergeMethod method = job.method();
      if (method != null && merge == null) {
        merge = method.begin(new MergeGroup(group.stream().map(PlannedTensor::context).toList()));
        for (Pass pass = merge.next(); pass != null; pass = merge.next()) {
          walk(group, pass, workers);
          passes = true;
        }
      }
      queue.add(tensor, merge);
    }
    if (passes && queue.waiting() >= ENOUGH) {
      queue.flush(workers); // while its inputs are still in the system's cache
    }
  }

  private static void walk(List<PlannedTensor> group, Pass pass, Workers workers) {
    int every = pass.every();
    List<Stretch> stretches = group.stream().map(tensor -> every == 1 ? Stretch.of(tensor) : Stretch.sample(tensor, every))
        .flatMap(List::stream).toList();
    double[] totals = new double[pass.sums()];
    workers.forgetCounts(pass.counts());
    workers.forEach(stretches.size(), (index, worker, inOrder) -> {
      double[] sums = accumulate(pass, stretches.get(index), workers.buffer(worker), workers.counts(worker));
      if (totals.length > 0) {
        inOrder.run(index, () -> OutputTensor.add(sums, totals));
      }
    });
    long[] counted = workers.totalCounts();
    pass.complete(totals, counted);
  }

  private static double[] accumulate(Pass pass, Stretch stretch, ChunkBuffer chunk, long[] counts) {
    double[] sums = new double[pass.sums()];
    double[] ofChunk = new double[sums.length];
    chunk.begin(stretch);
    for (int index = stretch.from(); index < stretch.to(); index++) {
      chunk.moveTo(index);
      Arrays.fill(ofChunk, 0);
      pass.accumulate(chunk, ofChunk, counts);
      OutputTensor.add(ofChunk, sums);
    }
    return sums;
  }
}
