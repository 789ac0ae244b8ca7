package io.modelweave.cka;

import io.modelweave.cka.products.Scratch;
import java.util.function.Function;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Features in an array of their own. */
final class HeldFeatures extends LayerFeatures {

  private final INDArray values;
  private final boolean constant;

  HeldFeatures(String label, INDArray values, double[] squaredNorms, int exponent, boolean constant) {
    super(label, squaredNorms, exponent);
    this.values = values;
    this.constant = constant;
  }

  /** Returns the array {@code [n, d]} in 'c' order, not to be modified. */
  INDArray values() {
    return values;
  }

  /** Returns some rows, as a view. */
  static INDArray view(INDArray x, Tile tile) {
    return x.get(NDArrayIndex.interval(tile.from(), tile.to()), NDArrayIndex.all());
  }

  @Override
  int width() {
    return (int) values.size(1);
  }

  @Override
  DataType type() {
    return values.dataType();
  }

  @Override
  boolean constant() {
    return constant;
  }

  @Override
  INDArray rows(Tile tile) {
    return Scratch.take(type(), tile.size(), width()).assign(view(values, tile));
  }

  @Override
  INDArray rows(int[] indices) {
    INDArray rows = Scratch.take(type(), indices.length, width());
    return indices.length == samples() ? rows.assign(values) : Nd4j.pullRows(values, rows, 1, indices);
  }

  @Override
  <T> T withAll(Function<INDArray, T> function) {
    return function.apply(values);
  }

  @Override
  public void close() {
    Scratch.give(values);
  }
}
