package io.modelweave.core.transformer;

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
  static SDVariable build(SameDiff sd, SDVariable x, SDVariable gain, SDVariable bias, int width, double epsilon) {
    // Composed, because ND4J's layer_norm has a fixed epsilon and its gradient takes longer than all of this.
    SDVariable centred = x.sub(sd.mean(x, true, 1)); // [N, d]
    SDVariable variance = sd.mean(sd.math.square(centred), true, 1); // [N, 1]
    SDVariable scale = sd.math.rsqrt(variance.add(epsilon)); // [N, 1]
    return centred.mul(scale).mul(gain).add(bias);
  }
}
