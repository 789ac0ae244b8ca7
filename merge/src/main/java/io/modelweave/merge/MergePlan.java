package io.modelweave.merge;

import io.modelweave.core.AtomicFile;
import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.checkpoint.CheckpointOutput;
import io.modelweave.core.checkpoint.CheckpointWriter;
import io.modelweave.core.checkpoint.TensorInfo;
import io.modelweave.merge.engine.MergeOptions;
import io.modelweave.merge.engine.OutputPlace;
import io.modelweave.merge.engine.Source;
import io.modelweave.merge.engine.StreamingMerge;
import io.modelweave.merge.engine.TensorJob;
import io.modelweave.merge.engine.TensorReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A merge before it runs: which tensors come out, what each is made of, and everything that stands in the way.
 *
 * <p>{@link Merge} makes plans for models of one shape; a recipe that maps layers makes its own, one {@link TensorJob} for each tensor of
 * the output. Making a plan reads headers only. Immutable.
 */
public final class MergePlan {

  private static final String REPORT = "merge-report.json";

  private final List<TensorJob> jobs;
  private final MergeOptions options;
  private final Map<String, String> metadata;
  private final Map<String, String> tied;
  private final List<String> problems;
  private final StreamingMerge merge;

  private MergePlan(List<TensorJob> jobs, MergeOptions options, Map<String, String> metadata, Map<String, String> tied,
      List<String> problems, StreamingMerge merge) {
    this.jobs = jobs;
    this.options = options;
    this.metadata = metadata;
    this.tied = tied;
    this.merge = merge;
    this.problems = new ArrayList<>(problems);
    this.problems.addAll(merge.problems());
  }

  /** Returns a plan to compute these tensors, in this order. */
  public static MergePlan of(List<TensorJob> jobs, MergeOptions options) {
    return new MergePlan(List.copyOf(jobs), options, Map.of(), Map.of(), List.of(), new StreamingMerge(jobs, options));
  }

  /** Returns the same plan with more text for the output's metadata. */
  public MergePlan withMetadata(Map<String, String> text) {
    Map<String, String> all = new LinkedHashMap<>(metadata);
    all.putAll(text);
    return new MergePlan(jobs, options, all, tied, ownProblems(), merge);
  }

  /** Returns the same plan with tensors that the output has under a second name, see {@link CheckpointWriter#tied}. */
  public MergePlan withTied(Map<String, String> nameOfAlias) {
    return new MergePlan(jobs, options, metadata, Map.copyOf(nameOfAlias), ownProblems(), merge);
  }

  /** Returns the same plan with something else that stands in the way. */
  MergePlan withProblems(List<String> more) {
    List<String> all = new ArrayList<>(ownProblems());
    all.addAll(more);
    return new MergePlan(jobs, options, metadata, tied, all, merge);
  }

  /** Returns one sentence fragment for everything that stands in the way; empty if the merge can run. */
  public List<String> problems() {
    return List.copyOf(problems);
  }

  /** Returns name, type and shape of each tensor of the output; only if there are no problems. */
  public List<TensorInfo> tensors() {
    requireSound(List.of());
    return jobs.stream().map(TensorJob::info).toList();
  }

  /** Returns the size of the output's tensors in bytes; only if there are no problems. */
  public long outputBytes() {
    return tensors().stream().mapToLong(TensorInfo::byteLength).sum();
  }

  /** Returns how much memory buffers will take at most, in bytes; the output of {@link #merge} comes on top. */
  public long memoryBytes() {
    return merge.memoryBytes();
  }

  /**
   * Returns the merged model in memory, independent of its parents.
   *
   * @throws ModelMismatchException with all {@link #problems()}
   * @throws io.modelweave.merge.engine.NonFiniteTensorException if NaN or infinity turns up and is refused
   */
  public Checkpoint merge() {
    BufferedCheckpoint result = new BufferedCheckpoint(tensors(), provenance(), tied);
    merge.run(result);
    return result;
  }

  /**
   * Writes the merged model to a directory or a {@code .safetensors} file, and a report beside it.
   *
   * @param fileOrDirectory as for {@link CheckpointWriter#to}; a directory gets {@code merge-report.json}, a file {@code
   *     NAME.merge-report.json} beside it
   * @throws ModelMismatchException with all {@link #problems()}, one that is there already and a full disk included
   * @throws io.modelweave.merge.engine.NonFiniteTensorException if NaN or infinity turns up and is refused; nothing is written then
   * @throws UncheckedIOException if a file cannot be read or written; nothing is left behind then but what can be resumed
   */
  public MergeReport writeTo(Path fileOrDirectory, WriteOptions how) {
    long start = System.nanoTime();
    requireSound(problemsWith(fileOrDirectory, how));
    Map<String, String> provenance = provenance();
    CheckpointWriter writer = CheckpointWriter.to(fileOrDirectory).metadata(provenance).tied(tied).overwrite(how.overwrite());
    if (!isFile(fileOrDirectory)) {
      writer = writer.shardBytes(how.shardBytes());
    }
    Written written = how.resume() == WriteOptions.Resume.OFF ? stream(writer)
        : streamThrough(writer, fileOrDirectory, how.resume(), provenance);
    MergeReport report = new MergeReport(provenance, written.reports(), written.files(), Duration.ofNanos(System.nanoTime() - start));
    AtomicFile.write(reportOf(fileOrDirectory), report.toJson().getBytes(StandardCharsets.UTF_8));
    return report;
  }

  private record Written(List<TensorReport> reports, List<Path> files) {}

  private Written stream(CheckpointWriter writer) {
    try (CheckpointOutput output = writer.open(tensors())) {
      List<TensorReport> reports = merge.run(output::write);
      return new Written(reports, output.finish());
    }
  }

  /** Collects all tensors where they outlive the process, then copies them. */
  private Written streamThrough(CheckpointWriter writer, Path path, WriteOptions.Resume resume, Map<String, String> provenance) {
    writer.open(tensors()).close(); // refuses now what it would refuse in the end
    String fingerprint = Provenance.fingerprint(jobs, merge.settings(), provenance);
    try (ResumableTensors tensors = ResumableTensors.open(path, tensors(), fingerprint, resume)) {
      List<TensorReport> reports = merge.run(tensors);
      try (CheckpointOutput output = writer.open(tensors())) {
        tensors.copyTo(output);
        List<Path> files = output.finish();
        tensors.delete();
        return new Written(reports, files);
      }
    }
  }

  private Map<String, String> provenance() {
    return Provenance.of(jobs, merge.settings(), options, metadata);
  }

  private List<String> problemsWith(Path path, WriteOptions how) {
    List<String> found = new ArrayList<>();
    Path existing = path.toAbsolutePath();
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    try {
      long free = Files.getFileStore(existing).getUsableSpace();
      long needed = problems.isEmpty() ? outputBytes() * (how.resume() == WriteOptions.Resume.OFF ? 1 : 2) : 0;
      if (needed > free) {
        found.add("%s has %d bytes free, and %d are needed".formatted(existing, free, needed));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot ask for the free space of " + existing, e);
    }
    if (jobs.stream().flatMap(job -> Stream.concat(job.models().stream(), Stream.ofNullable(job.base())))
        .map(Source::origin).distinct().anyMatch(origin -> OutputPlace.replaces(path, origin))) {
      found.add("%s is one of the models; write somewhere else".formatted(path));
    }
    return found;
  }

  private void requireSound(List<String> more) {
    List<String> all = new ArrayList<>(problems);
    all.addAll(more);
    if (!all.isEmpty()) {
      throw new ModelMismatchException("cannot merge", all);
    }
  }

  private List<String> ownProblems() {
    return problems.subList(0, problems.size() - merge.problems().size());
  }

  private static boolean isFile(Path path) {
    return path.toString().endsWith(".safetensors");
  }

  private static Path reportOf(Path path) {
    return isFile(path) ? path.resolveSibling(path.getFileName() + "." + REPORT) : path.resolve(REPORT);
  }
}
