package io.modelweave.merge.alignment;

import io.modelweave.core.FeedForward;
import io.modelweave.core.transformer.GatedMlp;
import io.modelweave.core.transformer.Gpt2Mlp;
import io.modelweave.core.transformer.GptNeoxMlp;
import io.modelweave.core.transformer.Linear;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A linear layer that makes hidden units, before their non-linearity, of the input of an MLP; the model's live arrays.
 *
 * @param weight {@code [d, f]} or {@code [f, d]}
 * @param bias {@code [f]}, or null for none
 * @param unitAxis the axis of {@code weight} along which the {@code f} units lie
 */
record OpeningLayer(INDArray weight, @Nullable INDArray bias, int unitAxis) {

  /** Returns the layers that read the MLP's input: one, or gate and up. */
  static List<OpeningLayer> of(FeedForward mlp) {
    if (mlp instanceof Gpt2Mlp gpt2) {
      return List.of(new OpeningLayer(gpt2.inWeight(), gpt2.inBias(), 1));
    } else if (mlp instanceof GatedMlp gated) {
      return List.of(of(gated.gate()), of(gated.up()));
    } else if (mlp instanceof GptNeoxMlp neox) {
      return List.of(of(neox.in()));
    }
    throw new IllegalArgumentException("hidden units are repaired in a model's own MLPs, but a block holds a %s"
        .formatted(mlp.getClass().getSimpleName()));
  }

  private static OpeningLayer of(Linear linear) {
    return new OpeningLayer(linear.weight(), linear.bias(), 0);
  }

  /** Returns the units {@code [n, f]} of inputs {@code [n, d]}. */
  INDArray units(INDArray inputs) {
    INDArray units = inputs.mmul(unitAxis == 0 ? weight.transpose() : weight);
    return bias == null ? units : units.addiRowVector(bias);
  }
}
