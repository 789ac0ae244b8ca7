package io.modelweave.core.training;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.Iterables;
import com.google.common.collect.Iterators;
import io.modelweave.core.Backend;
import io.modelweave.core.BatchWorkers;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A training run of a language model: AdamW on next-token cross-entropy, global-norm clipping, gradient accumulation.
 *
 * <pre>{@code
 * Training.of(model).parameters(ParameterFilter.mlps()).learningRate(LearningRate.cosine(8e-4, 0.1)).steps(2500).run(batches);
 * }</pre>
 *
 * <p>Each setter returns a new value; {@link #run} changes the model's parameters in place. Defaults: all parameters, the paper's AdamW,
 * cosine from 1e-3 to a tenth, clip at norm 1, one batch a step, 100 steps.
 */
public final class Training {

  private final LanguageModel model;
  private final ParameterFilter filter;
  private final AdamW optimizer;
  private final LearningRate learningRate;
  private final int steps;
  private final int accumulation;
  private final double clipNorm;
  private final BatchWorkers workers;
  private final TrainingListener listener;
  private final @Nullable TrainingFile file;

  private Training(LanguageModel model, ParameterFilter filter, AdamW optimizer, LearningRate learningRate, int steps, int accumulation,
      double clipNorm, BatchWorkers workers, TrainingListener listener, @Nullable TrainingFile file) {
    this.model = requireNonNull(model, "model");
    this.filter = requireNonNull(filter, "filter");
    this.optimizer = requireNonNull(optimizer, "optimizer");
    this.learningRate = requireNonNull(learningRate, "learningRate");
    this.steps = requirePositive("steps", steps);
    this.accumulation = requirePositive("accumulation", accumulation);
    if (!(clipNorm > 0)) {
      throw new IllegalArgumentException("clipNorm is %s, must be positive; infinity switches clipping off".formatted(clipNorm));
    }
    this.clipNorm = clipNorm;
    this.workers = requireNonNull(workers, "workers");
    this.listener = requireNonNull(listener, "listener");
    this.file = file;
  }

  private static int requirePositive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException("%s is %d, must be at least 1".formatted(name, value));
    }
    return value;
  }

  /** Returns a run of {@code model} with the defaults. */
  public static Training of(LanguageModel model) {
    return new Training(model, ParameterFilter.all(), AdamW.defaults(), LearningRate.cosine(1e-3, 0.1), 100, 1, 1.0, BatchWorkers.single(),
        step -> {}, null);
  }

  /** Returns a run that trains only what the filter names. */
  public Training parameters(ParameterFilter newFilter) {
    return new Training(model, newFilter, optimizer, learningRate, steps, accumulation, clipNorm, workers, listener, file);
  }

  /** Returns a run with other optimiser options. */
  public Training optimizer(AdamW newOptimizer) {
    return new Training(model, filter, newOptimizer, learningRate, steps, accumulation, clipNorm, workers, listener, file);
  }

  /** Returns a run with another schedule. */
  public Training learningRate(LearningRate newLearningRate) {
    return new Training(model, filter, optimizer, newLearningRate, steps, accumulation, clipNorm, workers, listener, file);
  }

  /** Returns a run of so many updates. */
  public Training steps(int newSteps) {
    return new Training(model, filter, optimizer, learningRate, newSteps, accumulation, clipNorm, workers, listener, file);
  }

  /** Returns a run whose every update averages the gradients of so many batches. */
  public Training accumulation(int batches) {
    return new Training(model, filter, optimizer, learningRate, steps, batches, clipNorm, workers, listener, file);
  }

  /** Returns a run that scales gradients down to this global norm; {@code Double.POSITIVE_INFINITY} for none. */
  public Training clipNorm(double newClipNorm) {
    return new Training(model, filter, optimizer, learningRate, steps, accumulation, newClipNorm, workers, listener, file);
  }

  /**
   * Returns a run that computes the gradients of the batches of one update side by side: useful with {@link #accumulation} of at least as
   * many batches. The result is the same to the bit for any number of threads; each takes the memory of one backward pass.
   */
  public Training workers(BatchWorkers newWorkers) {
    return new Training(model, filter, optimizer, learningRate, steps, accumulation, clipNorm, newWorkers, listener, file);
  }

  /** Returns a run that tells a listener of every step. */
  public Training listener(TrainingListener newListener) {
    return new Training(model, filter, optimizer, learningRate, steps, accumulation, clipNorm, workers, newListener, file);
  }

  /**
   * Returns a run that an interruption costs little: at most once in an interval, after a step and its listener, it writes trained
   * parameters, moments and losses to a file, which is there whole or not at all. If there is such a file when the run begins, it goes on
   * from there and ends with the same bits as a run that was never interrupted; steps that were done are not told to the listener again.
   * The file takes three times the trained parameters and stays when the run ends: delete it once the model is saved.
   *
   * @param newFile a path that ends in {@code .safetensors}, in a folder that exists
   * @param interval zero for every step
   * @throws IllegalArgumentException if the file has another ending; from {@link #run} also if it is not of a run of these settings
   */
  public Training resumable(Path newFile, Duration interval) {
    return new Training(model, filter, optimizer, learningRate, steps, accumulation, clipNorm, workers, listener,
        new TrainingFile(newFile, interval));
  }

  /**
   * Trains the model in place and returns every step's mean loss in nats.
   *
   * @param batches read {@code steps * accumulation} times, from the start again when it ends; windows of {@code T + 1} ids train
   *     {@code T} positions
   * @throws IllegalArgumentException if there is no batch, a batch does not fit the model, or the filter names no parameter
   * @throws IllegalStateException if the loss is not finite, with step and rate; the model is then spoilt
   */
  public List<Double> run(Iterable<TokenBatch> batches) {
    Map<String, INDArray> trained = trainedParameters();
    Iterator<TokenBatch> source = Iterables.cycle(batches).iterator();
    if (!source.hasNext()) {
      throw new IllegalArgumentException("no batch to train on");
    }
    double[] losses = new double[steps];
    String settings = settings();
    try (AdamWState state = new AdamWState(optimizer, Backend.usesHostCode());
        GradientGraphs graphs = new GradientGraphs(model, trained.keySet());
        AccumulatedGradients sum = new AccumulatedGradients(graphs, accumulation == 1)) {
      int done = file == null ? 0 : file.restore(settings, trained, state, losses);
      Iterators.advance(source, done * accumulation);
      for (int step = done; step < steps; step++) {
        List<TokenBatch> update = new ArrayList<>();
        while (update.size() < accumulation) {
          update.add(source.next());
        }
        workers.forEach(update, graphs::compute, sum::add);
        losses[step] = sum.meanLoss();
        double rate = learningRate.at(step, steps);
        if (!Double.isFinite(losses[step])) {
          throw new IllegalStateException("the loss is %s at step %d, learning rate %s; lower the rate or look for bad parameters"
              .formatted(losses[step], step + 1, rate));
        }
        double norm = sum.norm();
        state.step(trained, sum.gradients(), sum.scale(norm, clipNorm), rate);
        sum.clear();
        listener.onStep(new TrainingStep(step + 1, steps, losses[step], rate, norm));
        if (file != null) {
          file.afterStep(settings, trained, state, losses);
        }
      }
    }
    return Arrays.stream(losses).boxed().toList();
  }

  /** Returns what a run must repeat to go on where another left off. A schedule is code: it is known by three of its rates. */
  private String settings() {
    return "%d steps of %d batches, rates from %s over %s to %s, clipped at norm %s, %s".formatted(steps, accumulation,
        learningRate.at(0, steps), learningRate.at(steps / 2, steps), learningRate.at(steps - 1, steps), clipNorm, optimizer);
  }

  private Map<String, INDArray> trainedParameters() {
    Map<String, INDArray> trained = model.parameters().entrySet().stream().filter(e -> filter.trains(e.getKey()))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (a, b) -> a, LinkedHashMap::new));
    if (trained.isEmpty()) {
      throw new IllegalArgumentException("the filter names none of the model's parameters %s".formatted(model.parameters().keySet()));
    }
    return trained;
  }
}
