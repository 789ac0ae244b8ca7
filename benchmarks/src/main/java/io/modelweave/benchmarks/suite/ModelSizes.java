package io.modelweave.benchmarks.suite;

import io.modelweave.benchmarks.MergeFiles;
import io.modelweave.benchmarks.SyntheticModels;
import io.modelweave.core.checkpoint.TensorInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Time and memory of a merge from files to a file as the files grow; each merge is a process of its own. */
final class ModelSizes {

  /** Tensors of 16.8 MB: models of 50 MB to 5 GB. */
  private static final List<Integer> SIZES = List.of(3, 10, 30, 100, 300);
  private static final int QUICK_SIZES = 3;
  private static final int RUNS = 3;
  /** What takes long varies little. */
  private static final int LARGE = 100;

  private ModelSizes() {}

  static Curve measure(Session session, MachineRates rates) {
    List<Curve.Point> linear = new ArrayList<>();
    List<Curve.Point> ties = new ArrayList<>();
    for (int tensors : session.quick() ? SIZES.subList(0, QUICK_SIZES) : SIZES) {
      Path folder = session.models().resolve("size-" + tensors);
      List<TensorInfo> infos = SyntheticModels.stack(tensors);
      MergeFilesPart.models(folder, infos, List.of("a", "b", "base"));
      double bytes = infos.stream().mapToLong(TensorInfo::byteLength).sum();
      linear.add(point("linear", folder, bytes, tensors < LARGE ? RUNS : 1, rates));
      ties.add(point("ties", folder, bytes, tensors < LARGE ? RUNS : 1, rates));
      delete(folder);
    }
    return new Curve("model-size", "Two models on disk merged into a third, F32, one process", "MB of a model",
        List.of(new Curve.Series("linear", linear), new Curve.Series("ties, with a base", ties)));
  }

  private static Curve.Point point(String method, Path folder, double bytes, int runs, MachineRates rates) {
    Case measured = new Case("merge", Map.of("method", method));
    List<Sample> samples = Stream.generate(() -> MergeFilesPart.ours(method, folder, measured)).limit(runs).toList();
    return new Curve.Point(bytes / 1e6, Numbers.median(samples.stream().mapToDouble(Sample::milliseconds).toArray()),
        Work.file(bytes).floorMilliseconds(rates).orElseThrow(), samples.stream().mapToLong(Sample::peakMegabytes).max().orElseThrow());
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(MergeFiles.class.getSimpleName() + ": cannot delete " + folder, e);
    }
  }
}
