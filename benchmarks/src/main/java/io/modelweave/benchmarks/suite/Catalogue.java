package io.modelweave.benchmarks.suite;

import io.modelweave.benchmarks.ActivationCaptureBenchmark;
import io.modelweave.benchmarks.CheckpointBenchmark;
import io.modelweave.benchmarks.CkaBenchmark;
import io.modelweave.benchmarks.CkaMapBenchmark;
import io.modelweave.benchmarks.Gpt2SmallBenchmark;
import io.modelweave.benchmarks.InterpolationBenchmark;
import io.modelweave.benchmarks.MergeBenchmark;
import io.modelweave.benchmarks.RouterBlockBenchmark;
import io.modelweave.benchmarks.RouterTrainingBenchmark;
import io.modelweave.benchmarks.TrainingStepBenchmark;
import java.util.List;
import java.util.regex.Pattern;

/** What {@code benchmarks/run} measures, beside what, and with which cost model. */
final class Catalogue {

  private static final List<Part> PARTS = List.of(
      JmhPart.of(Gpt2SmallBenchmark.class, CostModels::gpt2Small).beside("gpt2_small.py", "transformers").quick("threads", "2"),
      JmhPart.of(ActivationCaptureBenchmark.class, CostModels::activationCapture).beside("activation_capture.py", "transformers")
          .quick("recorded", "NOTHING", "MEAN"),
      new MergeFilesPart(),
      JmhPart.of(MergeBenchmark.class, CostModels::merge).beside("merge.py", "PyTorch")
          .quick("method", "plain_loop", "linear", "slerp", "ties").iterations(4, 1),
      JmhPart.of(InterpolationBenchmark.class, CostModels::interpolation).beside("interpolation.py", "PyTorch"),
      JmhPart.of(CheckpointBenchmark.class, CostModels::checkpoint).beside("checkpoint.py", "safetensors"),
      JmhPart.of(CkaBenchmark.class, CostModels::cka).beside("cka.py", "PyTorch", "cheapest samples=4096 threads=1")
          .only("samples", "4096").only("threads", "1").quick("type", "FLOAT").iterations(5, 1),
      JmhPart.of(CkaMapBenchmark.class, CostModels::ckaMap).beside("cka.py", "PyTorch", "linear", "rbf").quick("samples", "256")
          .quick("threads", "1").quickArguments("samples=256 threads=1").iterations(12, 1),
      JmhPart.of(RouterBlockBenchmark.class, CostModels::routerBlock).beside("router_block.py", "PyTorch"),
      JmhPart.of(RouterTrainingBenchmark.class, CostModels::routerTraining).beside("router_training.py", "PyTorch").iterations(3, 2),
      JmhPart.of(TrainingStepBenchmark.class, CostModels::trainingStep).beside("training_step.py", "PyTorch").iterations(3, 2));

  private Catalogue() {}

  /**
   * Returns the parts whose names contain any of the patterns; all if there is none.
   *
   * @throws IllegalArgumentException naming all parts, if a pattern matches none
   */
  static List<Part> parts(List<String> patterns) {
    for (String pattern : patterns) {
      if (PARTS.stream().noneMatch(part -> matches(part, pattern))) {
        throw new IllegalArgumentException("no benchmark matches \"%s\"; there are %s"
            .formatted(pattern, PARTS.stream().map(Part::name).toList()));
      }
    }
    return PARTS.stream().filter(part -> patterns.isEmpty() || patterns.stream().anyMatch(pattern -> matches(part, pattern))).toList();
  }

  private static boolean matches(Part part, String pattern) {
    return Pattern.compile(pattern).matcher(part.name()).find();
  }
}
