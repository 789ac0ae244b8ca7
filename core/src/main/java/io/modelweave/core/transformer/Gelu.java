package io.modelweave.core.transformer;

import io.modelweave.core.rows.Activation;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * The two Gaussian error linear units in use, by Java code or composed of cheap operations (ND4J's own {@code gelu} is a third, logistic
 * approximation).
 *
 * <p>Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016, arXiv 1606.08415, section 2.
 */
public enum Gelu {
  /** Exact: {@code x * Phi(x) = 0.5 x (1 + erf(x / sqrt 2))}; {@code "gelu"} in a Hugging Face configuration. */
  EXACT("gelu", Activation.GELU_EXACT) {
    @Override
    SDVariable composed(SameDiff sd, SDVariable x) {
      return x.mul(sd.math.erf(x.mul(Math.sqrt(0.5))).add(1.0).mul(0.5));
    }
  },
  /** By tanh: {@code 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))}; {@code "gelu_new"} and its other names. */
  TANH("gelu_new", Activation.GELU_TANH) {
    @Override
    SDVariable composed(SameDiff sd, SDVariable x) {
      // 0.5 (1 + tanh z) is sigmoid(2 z): one transcendental and two multiplications fewer, forward and backward.
      double scale = 2 * Math.sqrt(2 / Math.PI);
      SDVariable argument = x.mul(x.mul(x).mul(0.044715 * scale).add(scale));
      return x.mul(sd.nn.sigmoid(argument));
    }
  };

  private final String configurationName;
  private final Activation activation;

  Gelu(String configurationName, Activation activation) {
    this.configurationName = configurationName;
    this.activation = activation;
  }

  abstract SDVariable composed(SameDiff sd, SDVariable x);

  /**
   * Adds the operations for {@code x [N, columns]} and returns {@code [N, columns]}.
   *
   * @param columns width of {@code x}
   */
  final SDVariable apply(BlockGraph graph, SDVariable x, long columns) {
    return graph.isOnHost(columns) ? graph.apply(activation, x) : composed(graph.sameDiff(), x);
  }

  /** Returns the unit as Java code on rows. */
  public Activation rowFunction() {
    return activation;
  }

  /** Returns the name that a Hugging Face {@code config.json} uses. */
  public String configurationName() {
    return configurationName;
  }

  /**
   * Returns the unit that a Hugging Face {@code activation_function} names.
   *
   * @throws IllegalArgumentException naming the ones there are
   */
  public static Gelu named(String activationFunction) {
    return switch (activationFunction) {
      case "gelu" -> EXACT;
      case "gelu_new", "gelu_fast", "gelu_pytorch_tanh" -> TANH;
      default -> throw new IllegalArgumentException(
          "activation_function \"%s\" is not supported; there are gelu, gelu_new, gelu_fast and gelu_pytorch_tanh"
              .formatted(activationFunction));
    };
  }
}
