package io.modelweave.merge.engine;

import com.google.common.io.BaseEncoding;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.core.checkpoint.TensorInfo;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Pass;
import io.modelweave.merge.method.TensorMerge;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A merge of whole models in constant memory.
 *
 * <p>Tensors are read in chunks of a fixed size by several threads. Sums are added, and bytes hashed, in the order of the chunks, so that
 * threads and timing leave no trace in the output.
 */
public final class StreamingMerge {

  /** Elements of a chunk, unless a method needs longer rows in one piece: a few arrays of doubles fit into the second-level cache. */
  static final int CHUNK = 1 << 14;

  private static final int ARRAYS_BESIDE_INPUTS = 6;

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
    return groups.stream().flatMap(List::stream).mapToLong(tensor -> (long) Math.max(CHUNK, tensor.context().chunkLength()) * Double.BYTES
        * (3L * tensor.context().models() + ARRAYS_BESIDE_INPUTS)).max().orElse(0) * options.threads();
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
    List<PlannedTensor> all = groups.stream().flatMap(List::stream).toList();
    long total = all.stream().mapToLong(tensor -> tensor.job().info().byteLength()).sum();
    long done = 0;
    List<TensorReport> reports = new ArrayList<>();
    try (Workers workers = new Workers(options.threads())) {
      if (all.isEmpty()) {
        return reports;
      }
      ChunkBuffer[] buffers = Stream.generate(() -> new ChunkBuffer(new Stretch(all.get(0), 0, 0))).limit(workers.threads()).toArray(ChunkBuffer[]::new);
      for (List<PlannedTensor> group : groups) {
        TensorMerge merge = null;
        for (PlannedTensor tensor : group) {
          TensorReport report = sink.finished(tensor.job().name()).orElse(null);
          if (report == null) {
            MergeMethod method = tensor.job().method();
            if (method != null && merge == null) {
              merge = prepare(group, method, workers, buffers);
            }
            report = merge == null ? copy(tensor, workers, buffers, sink) : produce(tensor, merge, workers, buffers, sink);
            sink.finish(report);
          }
          reports.add(report);
          done += tensor.job().info().byteLength();
          options.progress().onTensor(report, done, total);
        }
      }
    }
    return reports;
  }

  private static TensorMerge prepare(List<PlannedTensor> group, MergeMethod method, Workers workers, ChunkBuffer[] buffers) {
    TensorMerge merge = method.begin(new MergeGroup(group.stream().map(PlannedTensor::context).toList()));
    for (Pass pass = merge.next(); pass != null; pass = merge.next()) {
      walk(group, pass, workers, buffers);
    }
    return merge;
  }

  private static void walk(List<PlannedTensor> group, Pass pass, Workers workers, ChunkBuffer[] buffers) {
    List<Stretch> stretches = group.stream().flatMap(tensor -> Stretch.of(tensor).stream()).toList();
    double[] totals = new double[pass.sums()];
    double[][] sums = new double[workers.threads()][];
    long[][] counts = new long[workers.threads()][];
    workers.forEach(stretches.size(), (index, worker, turn) -> {
      if (counts[worker] == null) {
        counts[worker] = new long[pass.counts()];
        sums[worker] = new double[totals.length];
      }
      Arrays.fill(sums[worker], 0);
      double[] ofChunk = new double[totals.length];
      Stretch stretch = stretches.get(index);
      buffers[worker].begin(stretch);
      for (int chunk = stretch.from(); chunk < stretch.to(); chunk++) {
        buffers[worker].moveTo(chunk);
        Arrays.fill(ofChunk, 0);
        pass.accumulate(buffers[worker], ofChunk, counts[worker]);
        add(ofChunk, sums[worker]);
      }
      if (totals.length > 0) {
        turn.pass(index, () -> add(sums[worker], totals));
      }
    });
    long[] counted = counts[0] == null ? new long[pass.counts()] : counts[0];
    for (int worker = 1; worker < counts.length; worker++) {
      for (int i = 0; counts[worker] != null && i < counted.length; i++) {
        counted[i] += counts[worker][i];
      }
    }
    pass.complete(totals, counted);
  }

  private TensorReport produce(PlannedTensor tensor, TensorMerge merge, Workers workers, ChunkBuffer[] buffers, TensorSink sink) {
    TensorInfo info = tensor.job().info();
    Diagnostics diagnostics = new Diagnostics(tensor.context());
    double[] totals = new double[diagnostics.sums()];
    int width = info.type().bits() / Byte.SIZE;
    MessageDigest digest = sha256();
    List<Stretch> stretches = Stretch.of(tensor);
    workers.forEach(stretches.size(), (index, worker, turn) -> {
      Stretch stretch = stretches.get(index);
      ByteBuffer bytes = buffers[worker].output(stretch.length() * width);
      double[] sums = compute(stretch, merge, buffers[worker], diagnostics);
      sink.write(info.name(), stretch.start() * width, bytes.duplicate());
      turn.pass(index, () -> {
        digest.update(bytes);
        add(sums, totals);
      });
    });
    return diagnostics.report(tensor.job(), totals, hex(digest));
  }

  /** Leaves the output in the buffer and returns the sums. */
  private double[] compute(Stretch stretch, TensorMerge merge, ChunkBuffer chunk, Diagnostics diagnostics) {
    TensorJob job = stretch.tensor().job();
    ElementType type = job.info().type();
    double largest = ElementCodec.largest(type);
    double[] sums = new double[diagnostics.sums()];
    chunk.begin(stretch);
    for (int index = stretch.from(); index < stretch.to(); index++) {
      chunk.moveTo(index);
      merge.merge(chunk, chunk.result());
      chunk.encode(type);
      double[] ofChunk = diagnostics.gather(chunk, chunk.result());
      if (diagnostics.mayExceed(largest, ofChunk)) {
        diagnostics.nonFiniteOutput(chunk.nonFiniteOutput(type), ofChunk);
      }
      if (options.refuseNonFinite() && diagnostics.anyNonFinite(ofChunk)) {
        throw NonFiniteTensorException.in(job, diagnostics.nonFiniteOutput(ofChunk));
      }
      add(ofChunk, sums);
    }
    return sums;
  }

  private TensorReport copy(PlannedTensor tensor, Workers workers, ChunkBuffer[] buffers, TensorSink sink) {
    TensorJob job = tensor.job();
    MessageDigest digest = sha256();
    int different = 0;
    Source first = job.models().get(0);
    for (Source other : job.models().subList(1, job.models().size())) {
      different += sameBits(first, other, buffers[0]) ? 0 : 1;
    }
    if (different > 0 && options.requireEqualIntegers()) {
      throw new ModelMismatchException("cannot merge",
          List.of("\"%s\": values of %s differ in %d of %d models, and integers are not averaged"
          .formatted(job.name(), job.info().describe(), different, job.models().size())));
    }
    long chunkBytes = (long) tensor.context().chunkLength() * job.info().type().bits() / Byte.SIZE;
    workers.forEach(tensor.context().chunks(), (index, worker, turn) -> {
      long offset = index * chunkBytes;
      int count = (int) Math.min(chunkBytes, job.info().byteLength() - offset);
      ByteBuffer bytes = buffers[worker].output(count);
      first.checkpoint().read(first.name(), offset, bytes);
      bytes.flip();
      sink.write(job.name(), offset, bytes.duplicate());
      turn.pass(index, () -> digest.update(bytes));
    });
    return new TensorReport(job.name(), job.info().type().name(), job.info().shape(), "copy", List.of(), List.of(), 0, 1, List.of(), 0,
        different, hex(digest));
  }

  private static boolean sameBits(Source a, Source b, ChunkBuffer buffer) {
    long length = a.info().byteLength();
    if (!a.info().shape().equals(b.info().shape()) || a.info().type() != b.info().type()) {
      return false;
    }
    ByteBuffer other = ByteBuffer.allocateDirect((int) Math.min(length, CHUNK));
    for (long offset = 0; offset < length; offset += CHUNK) {
      int count = (int) Math.min(CHUNK, length - offset);
      ByteBuffer bytes = buffer.output(count);
      a.checkpoint().read(a.name(), offset, bytes);
      b.checkpoint().read(b.name(), offset, other.clear().limit(count));
      if (!bytes.flip().equals(other.flip())) {
        return false;
      }
    }
    return true;
  }

  private static void add(double[] part, double[] totals) {
    for (int i = 0; i < part.length; i++) {
      totals[i] += part[i];
    }
  }

  private static String hex(MessageDigest digest) {
    return BaseEncoding.base16().lowerCase().encode(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
