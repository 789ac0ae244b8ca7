package io.modelweave.moe.sparse;

import io.modelweave.moe.sparse.Workspace.Slot;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** {@code y = down(silu(gate(x)) * up(x))}; keeps {@code silu'(gate(x)) * up(x)} and {@code silu(gate(x))}, one below the other. */
record GatedKernel(AffineMap gate, AffineMap up, AffineMap down) implements ExpertKernel {

  @Override
  public int kept() {
    return 2 * gate.outputs();
  }

  @Override
  public float[] outputBiases() {
    return down.biases();
  }

  @Override
  public void forward(INDArray x, INDArray y, @Nullable INDArray kept, Workspace workspace) {
    int units = gate.outputs();
    int rows = (int) x.size(0);
    INDArray hidden = workspace.matrix(Slot.HIDDEN, rows, units);
    INDArray raised = workspace.matrix(Slot.SECOND_HIDDEN, rows, units);
    gate.multiply(x, hidden);
    up.multiply(x, raised);
    HostRows openings = new HostRows(hidden);
    HostRows factors = new HostRows(raised);
    HostRows slopes = kept == null ? null : new HostRows(half(kept, 0));
    HostRows gates = kept == null ? null : new HostRows(half(kept, 1));
    float[] gateBiases = gate.biases();
    float[] upBiases = up.biases();
    float[] opening = new float[units];
    float[] factor = new float[units];
    float[] tails = new float[units];
    float[] densities = new float[units];
    for (int r = 0; r < rows; r++) {
      openings.read(r, 1, opening);
      factors.read(r, 1, factor);
      AffineMap.add(gateBiases, opening);
      AffineMap.add(upBiases, factor);
      Activation.SILU.distribution(opening, tails, densities, units);
      if (slopes != null) {
        Activation.slopes(opening, tails, densities, densities, units);
        multiply(densities, factor);
        slopes.write(r, 1, densities);
      }
      Activation.values(opening, tails, opening, units);
      if (gates != null) {
        gates.write(r, 1, opening);
      }
      multiply(opening, factor);
      openings.write(r, 1, opening);
    }
    down.multiply(hidden, y);
  }

  private static void multiply(float[] values, float[] by) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= by[i];
    }
  }

  /** Returns the first or second half of the memory {@code [r, 2f]} as {@code [r, f]}. */
  private static INDArray half(INDArray kept, int index) {
    long rows = kept.size(0);
    return kept.reshape('c', 2 * rows, kept.size(1) / 2).get(NDArrayIndex.interval(index * rows, (index + 1) * rows), NDArrayIndex.all());
  }

  @Override
  public void backward(INDArray kept, INDArray dy, INDArray dx, Workspace workspace) {
    INDArray gradient = workspace.matrix(Slot.HIDDEN, dy.size(0), gate.outputs());
    INDArray openingGradient = workspace.matrix(Slot.SECOND_HIDDEN, dy.size(0), gate.outputs());
    down.backward(dy, gradient); // [r, f]
    gate.backward(gradient.mul(half(kept, 0), openingGradient), dx);
    INDArray second = workspace.matrix(Slot.TURN, dy.size(0), dx.size(1));
    up.backward(gradient.muli(half(kept, 1)), second);
    dx.addi(second);
  }
}
