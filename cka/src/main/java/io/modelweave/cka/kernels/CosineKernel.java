package io.modelweave.cka.kernels;

import io.modelweave.cka.Invariance;
import io.modelweave.cka.Kernel;
import io.modelweave.cka.products.RowProducts;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.BooleanIndexing;
import org.nd4j.linalg.indexing.conditions.Conditions;

/** {@code x·y} of samples of length 1. */
public record CosineKernel() implements Kernel {

  @Override
  public String name() {
    return "cosine";
  }

  @Override
  public Set<Invariance> invariances() {
    return Set.of(Invariance.ORTHOGONAL, Invariance.ISOTROPIC_SCALING);
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
  public INDArray map(INDArray x) {
    try (INDArray norms = x.norm2(1)) {
      BooleanIndexing.replaceWhere(norms, 1, Conditions.equals(0));
      return x.dup('c').diviColumnVector(norms.reshape(norms.length(), 1));
    }
  }
}
