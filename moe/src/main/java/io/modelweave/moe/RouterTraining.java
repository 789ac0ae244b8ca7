package io.modelweave.moe;

import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.training.AdamW;
import io.modelweave.core.training.LearningRate;
import io.modelweave.core.training.Training;
import io.modelweave.core.training.TrainingListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Trains the routers of a model; attention, norms, embeddings, head and, unless asked for, experts are frozen, bit for bit.
 *
 * <pre>{@code
 * RouterTraining.of(routed).learningRate(5e-3).steps(150).run(batches);
 * }</pre>
 *
 * <p>Each setter returns a new value. Defaults are the paper's: AdamW with betas 0.9 and 0.99, decay 0.1, clip at norm 1, cosine from
 * 5e-3 to a tenth; and 150 steps.
 */
public final class RouterTraining {

  private static final double FLOOR_SHARE = 0.1;

  private final RoutedModel model;
  private final Training training;
  private final TrainingListener listener;

  private RouterTraining(RoutedModel model, Training training, TrainingListener listener) {
    this.model = model;
    this.training = training;
    this.listener = listener;
  }

  /**
   * Returns a training of the model's routers with the defaults.
   *
   * @throws IllegalArgumentException if the routers cannot learn, because a single renormalised expert has no gradient
   */
  public static RouterTraining of(RoutedModel model) {
    List<Integer> constant = model.blocksWithoutGradient();
    if (!constant.isEmpty()) {
      throw new IllegalArgumentException(("the routers of blocks %s keep one expert and renormalise its weight to 1,"
          + " so their gradient is zero; use renormalise(false) or a larger topK").formatted(constant));
    }
    Training training = Training.of(model.languageModel()).parameters(model.trainedNames()::contains).steps(150);
    return new RouterTraining(model, training, step -> {}).learningRate(5e-3);
  }

  /** Returns a training with a cosine from this rate to a tenth of it. */
  public RouterTraining learningRate(double peak) {
    return learningRate(LearningRate.cosine(peak, FLOOR_SHARE));
  }

  /** Returns a training with another schedule. */
  public RouterTraining learningRate(LearningRate schedule) {
    return new RouterTraining(model, training.learningRate(schedule), listener);
  }

  /** Returns a training of so many updates. */
  public RouterTraining steps(int steps) {
    return new RouterTraining(model, training.steps(steps), listener);
  }

  /** Returns a training whose every update averages the gradients of so many batches. */
  public RouterTraining accumulation(int batches) {
    return new RouterTraining(model, training.accumulation(batches), listener);
  }

  /** Returns a training with other optimiser options. */
  public RouterTraining optimizer(AdamW optimizer) {
    return new RouterTraining(model, training.optimizer(optimizer), listener);
  }

  /** Returns a training that tells a listener of every step. */
  public RouterTraining listener(TrainingListener newListener) {
    return new RouterTraining(model, training, newListener);
  }

  /**
   * Returns a training of the routers and of all experts, those of other models too: they are shared, so those models change. Every
   * expert then computes every token.
   *
   * @throws IllegalStateException if the model balances by biases, which needs experts that read only their own tokens
   */
  public RouterTraining withExperts() {
    if (model.options().balanceRate() > 0) {
      throw new IllegalStateException("balancing by biases counts tokens of frozen experts; use a balanceLoss to train experts too");
    }
    Set<String> trained = new HashSet<>(model.trainedNames());
    trained.addAll(model.expertNames());
    return new RouterTraining(model, training.parameters(trained::contains), listener);
  }

  /**
   * Returns a training that an interruption costs little, see {@link Training#resumable}.
   *
   * @throws IllegalStateException if the model balances by biases or routes with jitter, whose state the file does not hold
   */
  public RouterTraining resumable(Path file, Duration interval) {
    if (model.options().balanceRate() > 0 || model.options().jitter() > 0) {
      throw new IllegalStateException("balancing by biases and jitter cannot be resumed; train without resumable");
    }
    return new RouterTraining(model, training.resumable(file, interval), listener);
  }

  /**
   * Trains the routers in place and returns every step's mean loss in nats; see {@link Training#run}.
   */
  public List<Double> run(Iterable<TokenBatch> batches) {
    return training.listener(step -> {
      model.balance(); // after the update, however many batches it took
      listener.onStep(step);
    }).run(batches);
  }
}
