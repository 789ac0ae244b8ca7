package io.modelweave.moe.sparse;

import io.modelweave.moe.sparse.Workspace.Slot;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@code y = down(silu(gate(x)) * up(x))}. */
record GatedKernel(AffineMap gate, AffineMap up, AffineMap down) implements ExpertKernel {

  @Override
  public void forward(INDArray x, INDArray y, Workspace workspace) {
    long rows = x.size(0);
    INDArray opening = workspace.matrix(Slot.HIDDEN, rows, gate.outputs());
    INDArray sigmoid = workspace.matrix(Slot.WORK, rows, gate.outputs());
    gate.forward(x, opening);
    Activation.SILU.gate(opening, sigmoid);
    opening.muli(sigmoid);
    up.forward(x, sigmoid); // the gate's slot is free again
    down.forward(opening.muli(sigmoid), y);
  }

  @Override
  public void backward(INDArray x, INDArray dy, INDArray gates, INDArray dx, INDArray dGates, Workspace workspace) {
    long rows = x.size(0);
    INDArray opening = workspace.matrix(Slot.HIDDEN, rows, gate.outputs());
    INDArray sigmoid = workspace.matrix(Slot.WORK, rows, gate.outputs());
    INDArray slope = workspace.matrix(Slot.SLOPE, rows, gate.outputs());
    INDArray raised = workspace.matrix(Slot.SECOND_HIDDEN, rows, gate.outputs());
    INDArray gradient = workspace.matrix(Slot.HIDDEN_GRADIENT, rows, gate.outputs());
    gate.forward(x, opening);
    up.forward(x, raised);
    Activation.SILU.gate(opening, sigmoid);
    Activation.SILU.slope(opening, sigmoid, slope, gradient);
    opening.muli(sigmoid); // silu
    down.backward(dy, gradient); // [r, f]
    down.biasProducts(dy, dGates);
    gradient.mul(opening, sigmoid); // of up's output, without the gates
    slope.muli(gradient).muli(raised).muliColumnVector(gates); // of gate's output
    RowSums.addTo(dGates, raised.muli(sigmoid), workspace);
    gate.backward(slope, dx);
    INDArray second = workspace.matrix(Slot.TURN, rows, x.size(1));
    up.backward(sigmoid.muliColumnVector(gates), second);
    dx.addi(second);
  }
}
