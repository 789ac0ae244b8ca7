package io.modelweave.core.training;

import java.util.HashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.updaters.AdamUpdater;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Options of Adam with decoupled weight decay: {@code p <- (1 - lr * decay) p - lr * mHat / (sqrt(vHat) + epsilon)}.
 *
 * <p>Decay applies to every trained parameter, biases included, as in the paper. Moments are FLOAT.
 *
 * <p>Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019, arXiv 1711.05101, algorithm 2.
 *
 * @param beta1 decay of the first moment, in [0, 1)
 * @param beta2 decay of the second moment, in [0, 1)
 * @param epsilon added to the root of the second moment
 * @param weightDecay decoupled decay, at least 0
 */
public record AdamW(double beta1, double beta2, double epsilon, double weightDecay) {

  /** Checks the ranges. */
  public AdamW {
    if (!(beta1 >= 0 && beta1 < 1) || !(beta2 >= 0 && beta2 < 1) || !(epsilon > 0) || !(weightDecay >= 0)) {
      throw new IllegalArgumentException("AdamW(beta1 %s, beta2 %s, epsilon %s, weightDecay %s): betas must be in [0, 1), epsilon positive, decay not negative"
          .formatted(beta1, beta2, epsilon, weightDecay));
    }
  }

  /** Returns the paper's options: betas 0.9 and 0.99, epsilon 1e-8, decay 0.1. */
  public static AdamW defaults() {
    return new AdamW(0.9, 0.99, 1e-8, 0.1);
  }

  /** Returns the same options with other betas. */
  public AdamW withBetas(double newBeta1, double newBeta2) {
    return new AdamW(newBeta1, newBeta2, epsilon, weightDecay);
  }

  /** Returns the same options with another decay. */
  public AdamW withWeightDecay(double newWeightDecay) {
    return new AdamW(beta1, beta2, epsilon, newWeightDecay);
  }

  /** The moments of one training run. */
  static final class State {

    private final AdamW options;
    private final Map<String, INDArray[]> moments = new HashMap<>();
    private int steps;

    State(AdamW options) {
      this.options = options;
    }

    /**
     * Takes one step.
     *
     * @param parameters modified
     * @param gradients of the same names and shapes; modified
     */
    void step(Map<String, INDArray> parameters, Map<String, INDArray> gradients, double learningRate) {
      // ND4J's updater adds epsilon before it corrects the bias of the second moment; scaled like this it is added after, as published.
      double epsilon = options.epsilon * Math.sqrt(1 - Math.pow(options.beta2, steps + 1));
      gradients.forEach((name, gradient) -> {
        INDArray parameter = parameters.get(name);
        INDArray[] m = moments.computeIfAbsent(name, n -> new INDArray[] {Nd4j.zerosLike(parameter), Nd4j.zerosLike(parameter)});
        Nd4j.exec(new AdamUpdater(gradient, m[0], m[1], learningRate, options.beta1, options.beta2, epsilon, steps));
        parameter.muli(1 - learningRate * options.weightDecay).subi(gradient);
      });
      steps++;
    }

    /** Returns how many steps were taken. */
    int steps() {
      return steps;
    }

    /** Returns the moments of every parameter that was stepped: the live arrays, first and second. */
    Map<String, INDArray[]> moments() {
      return moments;
    }

    /** Goes on from moments that were taken from another state after so many steps; the arrays are owned from here on. */
    void restore(int stepsTaken, Map<String, INDArray[]> itsMoments) {
      steps = stepsTaken;
      moments.putAll(itsMoments);
    }

    void close() {
      moments.values().forEach(pair -> {
        pair[0].close();
        pair[1].close();
      });
    }
  }
}
