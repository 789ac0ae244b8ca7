package io.modelweave.merge.alignment;

import static java.util.Objects.requireNonNull;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Gives the hidden units of a merged language model's MLPs the spread that averaging takes from them; see {@link Repair} for the formula.
 *
 * <p>Each hidden unit, before its non-linearity, gets the interpolated mean and deviation over all tokens, block after block; in a gated
 * MLP both the unit of the gate and the one that is gated. Where the layer has no bias (Llama, Mistral and Qwen2 as released) there is
 * nothing to set the mean with: the unit gets the deviation alone. Attention is left alone: its inputs pass a norm, its scores a softmax.
 * Cost: {@code L} passes of each model over the data.
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
   * @throws IllegalArgumentException if there is no batch, the configuration is another, or a parent's block holds anything but its own MLP
   * @throws IllegalStateException if a block of {@code merged} holds anything but its own MLP
   */
  public LanguageModel apply(LanguageModel merged, Iterable<TokenBatch> batches) {
    requireAlike(a, merged);
    LanguageModel repaired = merged.copy();
    for (int layer = 0; layer < a.configuration().layers(); layer++) {
      List<UnitMoments> ofA = moments(a, layer, batches);
      List<UnitMoments> ofB = moments(b, layer, batches);
      List<UnitMoments> present = moments(repaired, layer, batches); // with the blocks before it repaired
      List<OpeningLayer> openings = openings(repaired, layer);
      for (int i = 0; i < openings.size(); i++) {
        OpeningLayer opening = openings.get(i);
        Rescaling.of(ofA.get(i), ofB.get(i), alpha, present.get(i), opening.bias())
            .applyInPlace(opening.weight(), opening.unitAxis(), opening.bias());
      }
    }
    return repaired;
  }

  private static List<OpeningLayer> openings(LanguageModel model, int layer) {
    return OpeningLayer.of(model.feedForward(layer));
  }

  private static void requireAlike(LanguageModel a, LanguageModel b) {
    if (!a.configuration().equals(b.configuration())) {
      throw new IllegalArgumentException("the configuration is %s against %s".formatted(a.configuration(), b.configuration()));
    }
  }

  /** Returns the statistics over all tokens of the units of each opening layer. */
  private static List<UnitMoments> moments(LanguageModel model, int layer, Iterable<TokenBatch> batches) {
    String input = "block.%d.mlp.input".formatted(layer);
    List<OpeningLayer> openings = openings(model, layer);
    List<UnitMoments> moments = openings.stream().map(opening -> new UnitMoments()).toList();
    for (TokenBatch batch : batches) {
      try (INDArray u = model.outputs(batch, List.of(input)).get(input)) {
        INDArray rows = u.reshape(-1, u.size(2));
        for (int i = 0; i < openings.size(); i++) {
          try (INDArray hidden = openings.get(i).units(rows);
              UnitMoments.Batch units = UnitMoments.Batch.of(hidden)) {
            moments.get(i).add(units);
          }
        }
      }
    }
    if (moments.get(0).samples() == 0) {
      throw new IllegalArgumentException("no batch: statistics need data");
    }
    return moments;
  }
}
