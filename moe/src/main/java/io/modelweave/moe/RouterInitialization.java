package io.modelweave.moe;

import java.util.List;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What a router prefers before it is trained. */
public enum RouterInitialization {
  /**
   * Weights uniform in {@code +-sqrt(6 / d)}, as the paper's code draws them: routing starts far from uniform.
   *
   * <p>Source: He et al., "Delving Deep into Rectifiers", 2015, with PyTorch's default gain.
   */
  PAPER,
  /** Weights 0: every expert gets the same share. */
  ZERO,
  /**
   * Weights 0 and a fixed offset of -3 on the logits of other layers' experts, so that an untrained router all but interpolates the
   * models' own layers, whatever the window.
   */
  OWN_LAYER;

  private static final float OTHER_LAYER_LOGIT = -3f;

  /** Returns the initial weights {@code [E, d]} of one router, FLOAT; the same seed gives the same bits. */
  public INDArray weights(int experts, int width, long seed) {
    return weights(experts, width, new SplittableRandom(seed));
  }

  /** Returns the initial weights {@code [E, d]}. */
  INDArray weights(int experts, int width, SplittableRandom random) {
    if (this != PAPER) {
      return Nd4j.zeros(DataType.FLOAT, experts, width);
    }
    double bound = Math.sqrt(6.0 / width);
    float[] values = new float[experts * width];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
    }
    return Nd4j.create(values, new long[] {experts, width}, 'c');
  }

  /** Returns what is added to the logits of {@code layer}'s router, {@code E} numbers. */
  float[] offsets(List<Expert> experts, int layer) {
    return offsets(experts.stream().map(expert -> expert.layer() == layer).toList());
  }

  /**
   * Returns what is added to the logits of a router, {@code E} numbers.
   *
   * @param ownLayer for each expert, whether it is of the router's own layer
   */
  public float[] offsets(List<Boolean> ownLayer) {
    float[] offsets = new float[ownLayer.size()];
    if (this == OWN_LAYER) {
      for (int e = 0; e < offsets.length; e++) {
        offsets[e] = ownLayer.get(e) ? 0 : OTHER_LAYER_LOGIT;
      }
    }
    return offsets;
  }
}
