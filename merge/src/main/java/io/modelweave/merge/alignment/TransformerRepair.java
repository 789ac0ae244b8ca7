package io.modelweave.merge.alignment;

import static java.util.Objects.requireNonNull;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.transformer.Mlp;
import io.modelweave.merge.statistics.ObservedMlps;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Gives the hidden units of a merged language model's MLPs the spread that averaging takes from them; see {@link Repair} for the formula.
 *
 * <p>Each hidden unit, before its non-linearity, gets the interpolated mean and deviation over all tokens, block after block. Attention is
 * left alone: its inputs pass a layer norm, its scores a softmax. Cost: {@code L} passes of each model over the data.
 *
 * <p>Source: Jordan, Sedghi, Saukh, Entezari and Neyshabur, "REPAIR: REnormalizing Permuted Activations for Interpolation Repair", 2022,
 * arXiv 2211.08403, which treats convolutional networks; the choice of units is ours.
 */
public final class TransformerRepair {

  private final LanguageModel a;
  private final LanguageModel b;
  private final double alpha;

  private TransformerRepair(LanguageModel a, LanguageModel b, double alpha) {
    if (!(alpha >= 0 && alpha <= 1)) {
      throw new IllegalArgumentException("alpha is %s; statistics are interpolated with a weight of the second model in [0, 1]"
          .formatted(alpha));
    }
    this.a = requireNonNull(a, "a");
    this.b = requireNonNull(b, "b");
    this.alpha = alpha;
  }

  /**
   * Returns a repair of merges of two models.
   *
   * @param a one parent
   * @param b the other, of the same configuration, already aligned with {@code a}
   * @param alpha weight of {@code b}, in [0, 1]: the one that they were merged with
   * @throws IllegalArgumentException if {@code alpha} is outside [0, 1] or NaN, or the configurations differ
   */
  public static TransformerRepair between(LanguageModel a, LanguageModel b, double alpha) {
    requireAlike(a, b);
    return new TransformerRepair(a, b, alpha);
  }

  /**
   * Returns a repaired copy of a merged model.
   *
   * @param merged the interpolation of the parents; not modified
   * @param batches at least one; read once a block and model, all tokens, so that a row may be as long as the model's context
   * @throws IllegalArgumentException if there is no batch, the configuration is another, or a block holds anything but the model's own MLP
   */
  public LanguageModel apply(LanguageModel merged, Iterable<TokenBatch> batches) {
    requireAlike(a, merged);
    LanguageModel repaired = merged.copy();
    LanguageModel observedA = ObservedMlps.of(a);
    LanguageModel observedB = ObservedMlps.of(b);
    LanguageModel observed = ObservedMlps.of(repaired); // sees the parameters change
    for (int layer = 0; layer < a.configuration().layers(); layer++) {
      Mlp mlp = (Mlp) repaired.feedForward(layer);
      UnitMoments ofA = moments(observedA, (Mlp) a.feedForward(layer), layer, batches);
      UnitMoments ofB = moments(observedB, (Mlp) b.feedForward(layer), layer, batches);
      UnitMoments present = moments(observed, mlp, layer, batches);
      Rescaling.of(ofA, ofB, alpha, present, mlp.inBias()).applyInPlace(mlp.inWeight(), 1, mlp.inBias());
    }
    return repaired;
  }

  private static void requireAlike(LanguageModel a, LanguageModel b) {
    if (!a.configuration().equals(b.configuration())) {
      throw new IllegalArgumentException("the configuration is %s against %s".formatted(a.configuration(), b.configuration()));
    }
  }

  /** Returns the statistics of {@code u W1 + b1} over all tokens. */
  private static UnitMoments moments(LanguageModel observed, Mlp mlp, int layer, Iterable<TokenBatch> batches) {
    String input = "block.%d.mlp.input".formatted(layer);
    UnitMoments moments = new UnitMoments();
    for (TokenBatch batch : batches) {
      try (INDArray u = observed.outputs(batch, List.of(input)).get(input);
          INDArray hidden = u.reshape(-1, u.size(2)).mmul(mlp.inWeight()).addiRowVector(mlp.inBias());
          UnitMoments.Batch units = UnitMoments.Batch.of(hidden)) {
        moments.add(units);
      }
    }
    if (moments.samples() == 0) {
      throw new IllegalArgumentException("no batch: statistics need data");
    }
    return moments;
  }
}
