package io.modelweave.moe.sparse;

import io.modelweave.core.rows.Activation;
import io.modelweave.core.rows.HostRows;
import io.modelweave.moe.sparse.Workspace.Slot;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@code y = down(silu(gate(x)) * up(x))}; keeps {@code silu'(gate(x)) * up(x)} and {@code silu(gate(x))}. */
record GatedKernel(AffineMap gate, AffineMap up, AffineMap down) implements ExpertKernel {

  @Override
  public int units() {
    return gate.outputs();
  }

  @Override
  public int kept() {
    return 2;
  }

  @Override
  public float[] outputBiases() {
    return down.biases();
  }

  @Override
  public void forward(INDArray x, INDArray y, List<INDArray> kept, Workspace workspace) {
    int units = units();
    int rows = (int) x.size(0);
    INDArray hidden = workspace.matrix(Slot.HIDDEN, rows, units);
    INDArray raised = workspace.matrix(Slot.SECOND_HIDDEN, rows, units);
    gate.multiply(x, hidden);
    up.multiply(x, raised);
    HostRows openings = new HostRows(hidden);
    HostRows factors = new HostRows(raised);
    HostRows slopes = kept.isEmpty() ? null : new HostRows(kept.get(0));
    HostRows gates = kept.isEmpty() ? null : new HostRows(kept.get(1));
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

  @Override
  public void backward(List<INDArray> kept, INDArray dy, INDArray dx, Workspace workspace) {
    INDArray gradient = workspace.matrix(Slot.HIDDEN, dy.size(0), units());
    INDArray openingGradient = workspace.matrix(Slot.SECOND_HIDDEN, dy.size(0), units());
    down.backward(dy, gradient); // [r, f]
    gate.backward(gradient.mul(kept.get(0), openingGradient), dx);
    INDArray second = workspace.matrix(Slot.TURN, dy.size(0), dx.size(1));
    up.backward(gradient.muli(kept.get(1)), second);
    dx.addi(second);
  }
}
