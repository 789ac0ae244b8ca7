package io.modelweave.core.transformer;

import io.modelweave.core.rows.Normalization;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * Root mean square normalisation over the features, {@code y = x / sqrt(mean(x^2) + eps) * gain}.
 *
 * <p>Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019, arXiv 1910.07467, equation 4.
 */
final class RmsNorm {

  private RmsNorm() {}

  /** Adds the operations for {@code x [N, d]} and returns {@code [N, d]}. */
  static SDVariable build(BlockGraph graph, SDVariable x, SDVariable gain, double epsilon) {
    if (graph.isOnHost(graph.width())) {
      return graph.apply(new Normalization(false, epsilon), x, gain, null);
    }
    SameDiff sd = graph.sameDiff();
    SDVariable scale = sd.math.rsqrt(sd.mean(x.mul(x), true, 1).add(epsilon)); // [N, 1]
    return x.mul(graph.acrossColumns(scale)).mul(graph.acrossRows(gain));
  }
}
