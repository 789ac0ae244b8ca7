package io.modelweave.core.training;

import io.modelweave.core.training.GradientGraphs.Result;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The gradients of one update: the sum over its batches, added in their order, or the arrays of the one batch there is.
 *
 * <p>Sums are allocated once and kept for the next update.
 */
final class AccumulatedGradients implements AutoCloseable {

  private final GradientGraphs graphs;
  private final boolean single;
  private final Map<String, INDArray> sums = new LinkedHashMap<>();
  private @Nullable Result borrowed;
  private double loss;
  private int batches;

  /**
   * Returns sums without a batch.
   *
   * @param single whether every update has one batch
   */
  AccumulatedGradients(GradientGraphs graphs, boolean single) {
    this.graphs = graphs;
    this.single = single;
  }

  /** Adds the gradients of one batch. */
  void add(Result result) {
    if (single) {
      borrowed = result;
    } else {
      result.gradients().byParameter().forEach(this::add);
      graphs.giveBack(result);
    }
    loss += result.gradients().loss();
    batches++;
  }

  private void add(String name, INDArray gradient) {
    INDArray sum = sums.get(name);
    if (sum == null) {
      sums.put(name, gradient.dup());
    } else if (batches == 0) {
      sum.assign(gradient);
    } else {
      sum.addi(gradient);
    }
  }

  /** Starts the next update. */
  void clear() {
    if (borrowed != null) {
      graphs.giveBack(borrowed);
      borrowed = null;
    }
    loss = 0;
    batches = 0;
  }

  double meanLoss() {
    return loss / batches;
  }

  /** Returns the gradients by parameter name. */
  Map<String, INDArray> gradients() {
    return borrowed == null ? sums : borrowed.gradients().byParameter();
  }

  /** Divides by the number of batches, scales down to the given global norm, and returns the norm before that. */
  double averageAndClip(double clipNorm) {
    double squares = 0;
    for (INDArray sum : gradients().values()) {
      double norm = Nd4j.getBlasWrapper().nrm2(sum.reshape(sum.length())) / batches; // BLAS scales inside; a FLOAT sum of squares would lose digits
      squares += norm * norm;
    }
    double norm = Math.sqrt(squares);
    double factor = Math.min(1, clipNorm / (norm + 1e-6)) / batches; // PyTorch's clip_grad_norm_, epsilon included
    if (factor != 1) {
      gradients().values().forEach(sum -> sum.muli(factor));
    }
    return norm;
  }

  @Override
  public void close() {
    sums.values().forEach(INDArray::close);
  }
}
