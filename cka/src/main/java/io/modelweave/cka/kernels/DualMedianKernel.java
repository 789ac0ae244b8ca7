package io.modelweave.cka.kernels;

import io.modelweave.cka.Bandwidth;
import io.modelweave.cka.Invariance;
import io.modelweave.cka.Kernel;
import io.modelweave.cka.products.Distances;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * {@code exp(-‖x - y‖²/(2 m_x m_y))}, where {@code m} is the median distance of a sample to the others: wide where samples are
 * sparse. The samples carry {@code 1/m} as a last column.
 */
public record DualMedianKernel() implements Kernel {

  @Override
  public String name() {
    return "rbf(%s)".formatted(Bandwidth.dualMedian());
  }

  @Override
  public INDArray between(INDArray x, INDArray y) {
    return scaled(Distances.squared(features(x), features(y)), x, y);
  }

  @Override
  public INDArray within(INDArray x) {
    return scaled(Distances.squared(features(x)), x, x);
  }

  @Override
  public Set<Invariance> invariances() {
    return Bandwidth.dualMedian().invariances();
  }

  @Override
  public INDArray map(INDArray x) {
    double[] inverse = Distances.medianOfEachRow(x);
    for (int i = 0; i < inverse.length; i++) {
      inverse[i] = 1 / inverse[i];
    }
    try (INDArray column = Nd4j.createFromArray(inverse).castTo(x.dataType()).reshape(inverse.length, 1)) {
      return Nd4j.concat(1, x, column);
    }
  }

  private static INDArray scaled(INDArray squares, INDArray x, INDArray y) {
    try (INDArray left = inverseMedians(x).dup(); INDArray right = inverseMedians(y).dup()) {
      squares.muliColumnVector(left.reshape(left.length(), 1)).muliRowVector(right.reshape(1, right.length())).muli(-0.5);
    }
    return Exponential.inPlace(squares, false);
  }

  private static INDArray features(INDArray x) {
    return x.get(NDArrayIndex.all(), NDArrayIndex.interval(0, x.size(1) - 1));
  }

  private static INDArray inverseMedians(INDArray x) {
    return x.get(NDArrayIndex.all(), NDArrayIndex.point(x.size(1) - 1));
  }
}
