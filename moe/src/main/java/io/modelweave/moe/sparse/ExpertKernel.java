package io.modelweave.moe.sparse;

import io.modelweave.core.transformer.GatedMlp;
import io.modelweave.core.transformer.Gpt2Mlp;
import io.modelweave.core.transformer.GptNeoxMlp;
import io.modelweave.core.transformer.Mlp;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The arithmetic of one frozen MLP on arrays: level 3, for {@code r} rows that one thread works on. */
interface ExpertKernel {

  /** Writes {@code y = MLP(x)}, both {@code [r, d]}. */
  void forward(INDArray x, INDArray y, Workspace workspace);

  /**
   * Writes the gradients of {@code sum over n of g_n <dy_n, MLP(x_n)>}.
   *
   * @param x {@code [r, d]}
   * @param dy {@code [r, d]}
   * @param gates {@code g [r, 1]}
   * @param dx written, {@code [r, d]}
   * @param dGates written, {@code <dy_n, MLP(x_n)>}, {@code [r, 1]}
   */
  void backward(INDArray x, INDArray dy, INDArray gates, INDArray dx, INDArray dGates, Workspace workspace);

  /**
   * Returns the kernel of an MLP; its arrays are shared, not copied.
   *
   * @throws IllegalArgumentException if there is none for its kind
   */
  static ExpertKernel of(Mlp mlp) {
    if (mlp instanceof Gpt2Mlp gpt2) {
      return new PlainKernel(new AffineMap(gpt2.inWeight(), false, gpt2.inBias()), Activation.of(gpt2.activation()),
          new AffineMap(gpt2.outWeight(), false, gpt2.outBias()));
    } else if (mlp instanceof GptNeoxMlp neox) {
      return new PlainKernel(AffineMap.of(neox.in()), Activation.of(neox.activation()), AffineMap.of(neox.out()));
    } else if (mlp instanceof GatedMlp gated) {
      return new GatedKernel(AffineMap.of(gated.gate()), AffineMap.of(gated.up()), AffineMap.of(gated.down()));
    }
    throw new IllegalArgumentException("\"%s\" is a %s; there are kernels for Gpt2Mlp, GptNeoxMlp and GatedMlp"
        .formatted(mlp.name(), mlp.getClass().getSimpleName()));
  }
}
