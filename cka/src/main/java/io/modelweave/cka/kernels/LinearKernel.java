package io.modelweave.cka.kernels;

import io.modelweave.cka.Invariance;
import io.modelweave.cka.Kernel;
import io.modelweave.cka.products.RowProducts;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@code x·y}: the one kernel whose HSIC can be had without an {@code [n, n]} matrix. */
public record LinearKernel() implements Kernel {

  @Override
  public String name() {
    return "linear";
  }

  @Override
  public INDArray between(INDArray x, INDArray y) {
    return RowProducts.FASTEST.between(x, y);
  }

  @Override
  public INDArray within(INDArray x) {
    return RowProducts.FASTEST.within(x);
  }

  @Override
  public void between(INDArray x, INDArray y, INDArray to) {
    RowProducts.FASTEST.between(x, y, to);
  }

  @Override
  public void within(INDArray x, INDArray to) {
    RowProducts.FASTEST.within(x, to);
  }

  @Override
  public Set<Invariance> invariances() {
    return Set.of(Invariance.ORTHOGONAL, Invariance.ISOTROPIC_SCALING, Invariance.TRANSLATION);
  }
}
