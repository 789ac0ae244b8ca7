package io.modelweave.moe.sparse;

import io.modelweave.moe.sparse.Workspace.Slot;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@code y = out(activation(in(x)))}. */
record PlainKernel(AffineMap in, Activation activation, AffineMap out) implements ExpertKernel {

  @Override
  public void forward(INDArray x, INDArray y, Workspace workspace) {
    INDArray hidden = workspace.matrix(Slot.HIDDEN, x.size(0), in.outputs());
    INDArray gate = workspace.matrix(Slot.WORK, x.size(0), in.outputs());
    in.forward(x, hidden);
    activation.gate(hidden, gate);
    out.forward(hidden.muli(gate), y);
  }

  @Override
  public void backward(INDArray x, INDArray dy, INDArray gates, INDArray dx, INDArray dGates, Workspace workspace) {
    long rows = x.size(0);
    INDArray hidden = workspace.matrix(Slot.HIDDEN, rows, in.outputs());
    INDArray gate = workspace.matrix(Slot.WORK, rows, in.outputs());
    INDArray slope = workspace.matrix(Slot.SLOPE, rows, in.outputs());
    INDArray gradient = workspace.matrix(Slot.HIDDEN_GRADIENT, rows, in.outputs());
    in.forward(x, hidden);
    activation.gate(hidden, gate);
    activation.slope(hidden, gate, slope, gradient);
    out.backward(dy, gradient); // [r, f]
    out.biasProducts(dy, dGates);
    RowSums.addTo(dGates, hidden.muli(gate).muli(gradient), workspace);
    in.backward(gradient.muli(slope).muliColumnVector(gates), dx);
  }
}
