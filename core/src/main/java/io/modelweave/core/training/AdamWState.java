package io.modelweave.core.training;

import io.modelweave.core.rows.HostRows;
import java.util.HashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.updaters.AdamUpdater;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The moments of one training run. A step on the host is one pass over each parameter, its gradient and its moments; on a GPU it is three
 * operations of ND4J.
 */
final class AdamWState implements AutoCloseable {

  private final AdamW options;
  private final boolean onHost;
  private final Map<String, Moments> moments = new HashMap<>();
  private int steps;

  /**
   * Of one parameter.
   *
   * @param first running mean of the gradient
   * @param second running mean of its square
   */
  record Moments(INDArray first, INDArray second) {

    static Moments zero(INDArray parameter) {
      return new Moments(Nd4j.zerosLike(parameter), Nd4j.zerosLike(parameter));
    }
  }

  AdamWState(AdamW options, boolean onHost) {
    this.options = options;
    this.onHost = onHost;
  }

  /**
   * Takes one step.
   *
   * @param parameters modified
   * @param gradients of the same names and shapes; may be modified
   * @param scale what gradients are multiplied by before they count
   */
  void step(Map<String, INDArray> parameters, Map<String, INDArray> gradients, double scale, double learningRate) {
    steps++;
    gradients.forEach((name, gradient) -> {
      INDArray parameter = parameters.get(name);
      Moments m = moments.computeIfAbsent(name, n -> Moments.zero(parameter));
      if (onHost) {
        stepOnHost(parameter, gradient, m, scale, learningRate);
      } else {
        stepByOperations(parameter, gradient, m, scale, learningRate);
      }
    });
  }

  /** Returns how many steps were taken. */
  int steps() {
    return steps;
  }

  /** Returns the live moments of every parameter that was stepped. */
  Map<String, Moments> moments() {
    return moments;
  }

  /** Goes on from moments that were taken from another state after so many steps; the arrays are owned from here on. */
  void restore(int stepsTaken, Map<String, Moments> itsMoments) {
    steps = stepsTaken;
    moments.putAll(itsMoments);
  }

  private void stepByOperations(INDArray parameter, INDArray gradient, Moments m, double scale, double learningRate) {
    // ND4J's updater adds epsilon before it corrects the bias of the second moment; scaled like this it is added after, as published.
    double epsilon = options.epsilon() * Math.sqrt(1 - Math.pow(options.beta2(), steps));
    if (scale != 1) {
      gradient.muli(scale);
    }
    Nd4j.exec(new AdamUpdater(gradient, m.first, m.second, learningRate, options.beta1(), options.beta2(), epsilon, steps - 1));
    parameter.muli(1 - learningRate * options.weightDecay()).subi(gradient);
  }

  private void stepOnHost(INDArray parameter, INDArray gradient, Moments moments, double scale, double learningRate) {
    try (HostRows ps = new HostRows(parameter); HostRows gs = new HostRows(gradient);
        HostRows ms = new HostRows(moments.first); HostRows vs = new HostRows(moments.second)) {
      int step = ps.blockRows();
      float[] p = new float[step * ps.columns()];
      float[] g = new float[p.length];
      float[] m = new float[p.length];
      float[] v = new float[p.length];
      for (int row = 0; row < ps.rows(); row += step) {
        int rows = Math.min(step, ps.rows() - row);
        ps.read(row, rows, p);
        gs.read(row, rows, g);
        ms.read(row, rows, m);
        vs.read(row, rows, v);
        step(p, g, m, v, rows * ps.columns(), (float) scale, learningRate);
        ps.write(row, rows, p);
        ms.write(row, rows, m);
        vs.write(row, rows, v);
      }
    }
  }

  private void step(float[] p, float[] g, float[] m, float[] v, int count, float scale, double learningRate) {
    float beta1 = (float) options.beta1();
    float beta2 = (float) options.beta2();
    float fresh1 = (float) (1 - options.beta1());
    float fresh2 = (float) (1 - options.beta2());
    float kept = (float) (1 - learningRate * options.weightDecay());
    float rate = (float) (learningRate / (1 - Math.pow(options.beta1(), steps)));
    float correction = (float) (1 / Math.sqrt(1 - Math.pow(options.beta2(), steps)));
    float epsilon = (float) options.epsilon();
    for (int i = 0; i < count; i++) {
      float gradient = g[i] * scale;
      m[i] = beta1 * m[i] + fresh1 * gradient;
      v[i] = beta2 * v[i] + fresh2 * gradient * gradient;
    }
    for (int i = 0; i < count; i++) {
      p[i] = kept * p[i] - rate * m[i] / ((float) Math.sqrt(v[i]) * correction + epsilon);
    }
  }

  @Override
  public void close() {
    moments.values().forEach(pair -> {
      pair.first.close();
      pair.second.close();
    });
  }
}
