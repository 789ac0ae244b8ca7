package io.modelweave.core.training;

import io.modelweave.core.Backend;
import io.modelweave.core.rows.Sums;
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

  /** Returns the global norm of the mean over the batches, with sums in double. */
  double norm() {
    double squares = 0;
    for (INDArray sum : gradients().values()) {
      squares += squares(sum);
    }
    return Math.sqrt(squares) / batches;
  }

  private static double squares(INDArray gradient) {
    if (Backend.usesHostCode()) {
      return Sums.ofSquares(gradient);
    }
    // BLAS scales inside; a FLOAT sum of squares would lose digits.
    double norm = Nd4j.getBlasWrapper().nrm2(gradient.reshape(gradient.length()));
    return norm * norm;
  }

  /** Returns what to multiply {@link #gradients} by to have their mean over the batches, scaled down to the given global norm. */
  double scale(double norm, double clipNorm) {
    return Math.min(1, clipNorm / (norm + 1e-6)) / batches; // PyTorch's clip_grad_norm_, epsilon included
  }

  @Override
  public void close() {
    sums.values().forEach(INDArray::close);
  }
}
