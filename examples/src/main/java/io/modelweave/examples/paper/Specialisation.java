package io.modelweave.examples.paper;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenStream;
import io.modelweave.core.training.LearningRate;
import io.modelweave.core.training.ParameterFilter;
import io.modelweave.core.training.Training;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Fine-tunes the MLPs of a copy of the base and keeps snapshots at steps that double. */
final class Specialisation {

  private Specialisation() {}

  /** Returns whether a snapshot is kept: at 0, 5, 10, 20, 40, ... and at the end. */
  static boolean isKept(int step, int steps) {
    return step == 0 || step == steps || (step < steps && IntStream.iterate(5, s -> s <= step, s -> 2 * s).anyMatch(s -> s == step));
  }

  /** Returns step to model, from 0 (the base) to the last. */
  static NavigableMap<Integer, LanguageModel> run(LanguageModel base, PaperData data, TokenStream text, Scale scale, long seed, Consumer<String> progress) {
    NavigableMap<Integer, LanguageModel> snapshots = new TreeMap<>();
    LanguageModel model = base.copy();
    snapshots.put(0, base);
    Training.of(model).parameters(ParameterFilter.mlps()).learningRate(LearningRate.cosine(scale.fineTuningRate(), 0.1))
        .steps(scale.fineTuningSteps())
        .listener(step -> {
          progress.accept("loss %.3f".formatted(step.loss()));
          if (isKept(step.step(), step.steps())) {
            snapshots.put(step.step(), model.copy());
          }
        })
        .run(data.batches(text, Scale.BATCH, scale.fineTuningSteps(), seed));
    return snapshots;
  }
}
