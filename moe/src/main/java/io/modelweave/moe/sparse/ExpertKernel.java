package io.modelweave.moe.sparse;

import io.modelweave.core.transformer.GatedMlp;
import io.modelweave.core.transformer.Gpt2Mlp;
import io.modelweave.core.transformer.GptNeoxMlp;
import io.modelweave.core.transformer.Mlp;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The arithmetic of one frozen MLP on arrays: level 3, for {@code r} rows that one thread works on. */
interface ExpertKernel {

  /** Returns {@code f}, the number of hidden units. */
  int units();

  /** Returns how many matrices {@code [r, f]} {@link #backward} reads that {@link #forward} has found. */
  int kept();

  /** Returns the last bias {@code [d]}, which {@link #forward} leaves to its caller. */
  float[] outputBiases();

  /**
   * Writes the MLP's output less {@link #outputBiases}.
   *
   * @param x {@code [r, d]}
   * @param y written, {@code [r, d]}
   * @param kept written, each {@code [r, f]}; empty if no backward pass follows
   */
  void forward(INDArray x, INDArray y, List<INDArray> kept, Workspace workspace);

  /**
   * Writes the gradient of {@code sum over n of <dy_n, MLP(x_n)>} with respect to {@code x}.
   *
   * @param kept from {@link #forward} of the same rows
   * @param dy {@code [r, d]}
   * @param dx written, {@code [r, d]}
   */
  void backward(List<INDArray> kept, INDArray dy, INDArray dx, Workspace workspace);

  /** Returns the kernel of an MLP, whose arrays are shared, not copied; empty if there is none for its kind. */
  static Optional<ExpertKernel> of(Mlp mlp) {
    if (mlp instanceof Gpt2Mlp gpt2) {
      return Optional.of(new PlainKernel(new AffineMap(gpt2.inWeight(), false, gpt2.inBias()), gpt2.activation().rowFunction(),
          new AffineMap(gpt2.outWeight(), false, gpt2.outBias())));
    } else if (mlp instanceof GptNeoxMlp neox) {
      return Optional.of(new PlainKernel(AffineMap.of(neox.in()), neox.activation().rowFunction(), AffineMap.of(neox.out())));
    } else if (mlp instanceof GatedMlp gated) {
      return Optional.of(new GatedKernel(AffineMap.of(gated.gate()), AffineMap.of(gated.up()), AffineMap.of(gated.down())));
    }
    return Optional.empty();
  }
}
