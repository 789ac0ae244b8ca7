package io.modelweave.moe.sparse;

import io.modelweave.moe.sparse.Workspace.Slot;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@code y = out(activation(in(x)))}; keeps the activation's slopes. */
record PlainKernel(AffineMap in, Activation activation, AffineMap out) implements ExpertKernel {

  @Override
  public int kept() {
    return in.outputs();
  }

  @Override
  public float[] outputBiases() {
    return out.biases();
  }

  @Override
  public void forward(INDArray x, INDArray y, @Nullable INDArray kept, Workspace workspace) {
    int units = in.outputs();
    int rows = (int) x.size(0);
    INDArray hidden = workspace.matrix(Slot.HIDDEN, rows, units);
    in.multiply(x, hidden);
    HostRows values = new HostRows(hidden);
    HostRows slopes = kept == null ? null : new HostRows(kept);
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
  public void backward(INDArray kept, INDArray dy, INDArray dx, Workspace workspace) {
    INDArray gradient = workspace.matrix(Slot.HIDDEN, dy.size(0), in.outputs());
    out.backward(dy, gradient); // [r, f]
    in.backward(gradient.muli(kept), dx);
  }
}
