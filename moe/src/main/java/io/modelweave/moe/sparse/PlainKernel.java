package io.modelweave.moe.sparse;

import io.modelweave.core.rows.Activation;
import io.modelweave.core.rows.HostRows;
import io.modelweave.moe.sparse.Workspace.Slot;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@code y = out(activation(in(x)))}; keeps the activation's slopes. */
record PlainKernel(AffineMap in, Activation activation, AffineMap out) implements ExpertKernel {

  @Override
  public int units() {
    return in.outputs();
  }

  @Override
  public int kept() {
    return 1;
  }

  @Override
  public float[] outputBiases() {
    return out.biases();
  }

  @Override
  public void forward(INDArray x, INDArray y, List<INDArray> kept, Workspace workspace) {
    int units = units();
    int rows = (int) x.size(0);
    INDArray hidden = workspace.matrix(Slot.HIDDEN, rows, units);
    in.multiply(x, hidden);
    HostRows values = new HostRows(hidden);
    HostRows slopes = kept.isEmpty() ? null : new HostRows(kept.get(0));
    float[] biases = in.biases();
    float[] row = new float[units];
    float[] tails = new float[units];
    float[] densities = new float[units];
    for (int r = 0; r < rows; r++) {
      values.read(r, 1, row);
      AffineMap.add(biases, row);
      activation.distribution(row, tails, densities, units);
      if (slopes != null) {
        Activation.slopes(row, tails, densities, densities, units);
        slopes.write(r, 1, densities);
      }
      Activation.values(row, tails, row, units);
      values.write(r, 1, row);
    }
    out.multiply(hidden, y);
  }

  @Override
  public void backward(List<INDArray> kept, INDArray dy, INDArray dx, Workspace workspace) {
    INDArray gradient = workspace.matrix(Slot.HIDDEN, dy.size(0), units());
    out.backward(dy, gradient); // [r, f]
    in.backward(gradient.muli(kept.get(0)), dx);
  }
}
