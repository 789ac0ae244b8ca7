package io.modelweave.moe.dl4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A router over dense layers in the place of one: {@code y = sum over the kept e of g_e layer_e(x)}, where {@code g} is the softmax of
 * {@code (x W^T) / temperature + offsets}, of equal ones those listed first. Every expert computes every row.
 */
final class RoutedDense {

  private final String name;
  private final INDArray weight;
  private final INDArray offsets;
  private final double temperature;
  private final int topK;
  private final boolean renormalise;
  private final List<Layer> experts;

  /** What a backward pass needs of the forward pass before it. */
  private record Pass(INDArray input, INDArray probabilities, INDArray mask, INDArray gates, List<INDArray> outputs) {}

  private @Nullable Pass pass;

  RoutedDense(String name, INDArray weight, float[] offsets, double temperature, int topK, boolean renormalise, List<Layer> experts) {
    this.name = name;
    this.weight = weight;
    this.offsets = Nd4j.createFromArray(offsets).reshape(1, offsets.length);
    this.temperature = temperature;
    this.topK = topK;
    this.renormalise = renormalise;
    this.experts = experts;
  }

  INDArray weight() {
    return weight;
  }

  /** Returns whether the kept weight is always 1. */
  boolean isConstant() {
    return topK == 1 && renormalise;
  }

  /** Returns {@code y [n, d]} for {@code x [n, d]}. */
  INDArray forward(INDArray x) {
    INDArray logits = x.mmul(weight.transpose()).divi(temperature).addiRowVector(offsets);
    INDArray probabilities = Nd4j.nn().softmax(logits, 1);
    INDArray mask = mask(probabilities);
    INDArray gates = probabilities.mul(mask);
    if (renormalise) {
      gates.diviColumnVector(gates.sum(true, 1));
    }
    List<INDArray> outputs = new ArrayList<>();
    INDArray sum = Nd4j.zeros(DataType.FLOAT, x.size(0), x.size(1));
    for (int e = 0; e < experts.size(); e++) {
      INDArray output = experts.get(e).activate(x, false, LayerWorkspaceMgr.noWorkspaces()).dup('c');
      outputs.add(output);
      sum.addi(output.mulColumnVector(gates.getColumn(e, true)));
    }
    pass = new Pass(x, probabilities, mask, gates, outputs);
    return sum;
  }

  private INDArray mask(INDArray probabilities) {
    float[] p = probabilities.dup('c').data().asFloat();
    int count = experts.size();
    float[] mask = new float[p.length];
    for (int i = 0; i < p.length; i++) {
      int row = i / count * count;
      if (Float.isNaN(p[i])) {
        throw new ArithmeticException(("%s: the probability of expert %d for row %d is not a number;"
            + " look for NaN or infinity in the features and the networks").formatted(name, i - row, i / count));
      }
      int before = 0;
      for (int other = row; other < row + count; other++) {
        before += p[other] > p[i] || p[other] == p[i] && other < i ? 1 : 0;
      }
      mask[i] = before < topK ? 1 : 0;
    }
    return Nd4j.create(mask, probabilities.shape(), 'c');
  }

  /**
   * Returns the gradient {@code [n, d]} with respect to the last input, and writes that of the router's weights.
   *
   * @param weightGradient {@code [E, d]}, written
   */
  INDArray backward(INDArray dy, INDArray weightGradient) {
    Pass last = Objects.requireNonNull(pass, "a backward pass before any forward pass");
    INDArray dGates = Nd4j.create(DataType.FLOAT, dy.size(0), experts.size());
    INDArray dx = Nd4j.zeros(DataType.FLOAT, dy.size(0), dy.size(1));
    for (int e = 0; e < experts.size(); e++) {
      dGates.putColumn(e, dy.mul(last.outputs.get(e)).sum(1));
      Layer expert = experts.get(e);
      expert.setInput(last.input, LayerWorkspaceMgr.noWorkspaces()); // another block may have used the same layer since
      INDArray share = dy.mulColumnVector(last.gates.getColumn(e, true));
      dx.addi(expert.backpropGradient(share, LayerWorkspaceMgr.noWorkspaces()).getSecond());
    }
    if (renormalise) { // g = q / sum q: dq = (dg - sum g dg) / sum q
      INDArray total = last.probabilities.mul(last.mask).sum(true, 1);
      dGates.subiColumnVector(dGates.mul(last.gates).sum(true, 1)).diviColumnVector(total);
    }
    INDArray dp = dGates.muli(last.mask);
    INDArray dz = last.probabilities.mul(dp.subColumnVector(last.probabilities.mul(dp).sum(true, 1))).divi(temperature);
    weightGradient.assign(dz.transpose().mmul(last.input));
    return dx.addi(dz.mmul(weight));
  }
}
