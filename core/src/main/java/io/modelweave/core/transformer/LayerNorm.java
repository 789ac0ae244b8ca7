package io.modelweave.core.transformer;

import io.modelweave.core.rows.Normalization;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * Layer normalisation over the features, {@code y = (x - mean) / sqrt(var + eps) * gain + bias}, with the biased variance.
 *
 * <p>Source: Ba, Kiros and Hinton, "Layer Normalization", 2016, arXiv 1607.06450, equation 4.
 */
final class LayerNorm {

  private LayerNorm() {}

  /** Adds the operations for {@code x [N, d]} and returns {@code [N, d]}. */
  static SDVariable build(BlockGraph graph, SDVariable x, SDVariable gain, SDVariable bias, double epsilon) {
    if (graph.isOnHost(graph.width())) {
      return graph.apply(new Normalization(true, epsilon), x, gain, bias);
    }
    // Composed, because ND4J's layer_norm adds no epsilon, and its gradient takes longer than all of this.
    SameDiff sd = graph.sameDiff();
    SDVariable centred = x.sub(sd.mean(x, true, 1)); // [N, d]
    SDVariable variance = sd.mean(centred.mul(centred), true, 1); // [N, 1]
    SDVariable scale = sd.math.rsqrt(variance.add(epsilon)); // [N, 1]
    return centred.mul(graph.acrossColumns(scale)).mul(graph.acrossRows(gain)).add(bias);
  }
}
