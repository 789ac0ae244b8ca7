package io.modelweave.core.training;

import static java.util.Objects.requireNonNull;

import com.google.common.primitives.Longs;
import io.modelweave.core.Checkpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What a training run needs to go on after an interruption, in one safetensors file. */
final class TrainingFile {

  private static final String SETTINGS = "training";
  private static final String LOSSES = "losses";
  private static final String PARAMETER = "parameter/";
  private static final String FIRST_MOMENT = "moment.1/";
  private static final String SECOND_MOMENT = "moment.2/";

  private final Path file;
  private final Duration interval;
  private long lastWritten = System.nanoTime();

  TrainingFile(Path file, Duration interval) {
    if (!requireNonNull(file, "file").toString().endsWith(".safetensors")) {
      throw new IllegalArgumentException("%s: the file of a training must end in .safetensors".formatted(file));
    }
    this.file = file;
    this.interval = requireNonNull(interval, "interval");
  }

  /**
   * Brings parameters, moments and losses to where the file left off, and returns how many steps that is; 0 if there is no file.
   *
   * @throws IllegalArgumentException if the file is of another run
   */
  int restore(String settings, Map<String, INDArray> trained, AdamWState state, double[] losses) {
    lastWritten = System.nanoTime();
    if (!Files.exists(file)) {
      return 0;
    }
    try (Checkpoint saved = Checkpoint.open(file)) {
      require(saved, settings, trained);
      Map<String, AdamWState.Moments> moments = new HashMap<>();
      trained.forEach((name, parameter) -> {
        copy(saved, PARAMETER + name, parameter);
        AdamWState.Moments both = AdamWState.Moments.zero(parameter);
        copy(saved, FIRST_MOMENT + name, both.first());
        copy(saved, SECOND_MOMENT + name, both.second());
        moments.put(name, both);
      });
      try (INDArray before = saved.tensor(LOSSES)) {
        int steps = (int) before.length();
        System.arraycopy(before.toDoubleVector(), 0, losses, 0, steps);
        state.restore(steps, moments);
        return steps;
      }
    }
  }

  private static void copy(Checkpoint saved, String name, INDArray target) {
    try (INDArray tensor = saved.tensor(name)) {
      target.assign(tensor);
    }
  }

  private void require(Checkpoint saved, String settings, Map<String, INDArray> trained) {
    String before = saved.metadata().getOrDefault(SETTINGS, "no training");
    if (!before.equals(settings)) {
      throw new IllegalArgumentException("%s is of another run: %s, not %s; repeat its settings or delete it"
          .formatted(file, before, settings));
    }
    TreeSet<String> different = new TreeSet<>();
    trained.forEach((name, parameter) -> {
      if (!saved.contains(PARAMETER + name) || !saved.info(PARAMETER + name).shape().equals(Longs.asList(parameter.shape()))) {
        different.add(name);
      }
    });
    if (!different.isEmpty()) {
      throw new IllegalArgumentException("%s is of another model: it has no %s of the same shape; repeat its settings or delete it"
          .formatted(file, different));
    }
  }

  /** Writes the file if it is time to. */
  void afterStep(String settings, Map<String, INDArray> trained, AdamWState state, double[] losses) {
    if (System.nanoTime() - lastWritten < interval.toNanos()) {
      return;
    }
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    trained.forEach((name, parameter) -> {
      AdamWState.Moments moments = requireNonNull(state.moments().get(name), name);
      tensors.put(PARAMETER + name, parameter);
      tensors.put(FIRST_MOMENT + name, moments.first());
      tensors.put(SECOND_MOMENT + name, moments.second());
    });
    try (INDArray soFar = Nd4j.createFromArray(Arrays.copyOf(losses, state.steps()))) {
      tensors.put(LOSSES, soFar);
      try (Checkpoint saved = Checkpoint.of(tensors, Map.of(SETTINGS, settings))) {
        saved.write(file, true);
      }
    }
    lastWritten = System.nanoTime();
  }
}
