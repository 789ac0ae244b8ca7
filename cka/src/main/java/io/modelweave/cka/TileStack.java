package io.modelweave.cka;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The tiles of some rows and columns of the U-centred Gram matrices of several layers, in memory that serves the next tiles too. */
final class TileStack implements AutoCloseable {

  private final DataType type;
  private final int layers;
  private @Nullable INDArray straight;
  private @Nullable INDArray transposed;

  TileStack(DataType type, int layers) {
    this.type = type;
    this.layers = layers;
  }

  /** Makes room for the tiles of some rows and columns, over the last ones. */
  void open(Tile rows, Tile columns) {
    straight = sized(straight, rows.size(), columns.size());
    if (!rows.equals(columns)) {
      transposed = sized(transposed, columns.size(), rows.size());
    }
  }

  private INDArray sized(@Nullable INDArray old, int rows, int columns) {
    long[] shape = {layers, rows, columns};
    if (old != null && Arrays.equals(old.shape(), shape)) {
      return old;
    }
    if (old != null) {
      Scratch.give(old);
    }
    return Scratch.take(type, shape);
  }

  /** Computes the tile of one layer. Layers may be put by several threads. */
  void put(int index, LayerGram layer, Tile rows, Tile columns) {
    boolean symmetric = rows.equals(columns);
    UCentering centering = new UCentering(slice(layer.offsets(), rows), slice(layer.offsets(), columns), symmetric);
    INDArray to = layer(straight, index);
    INDArray twin = symmetric ? null : layer(transposed, index);
    layer.withTile(rows, columns, tile -> centering.write(tile, to, twin));
  }

  private static double[] slice(double[] values, Tile tile) {
    return Arrays.copyOfRange(values, tile.from(), tile.to());
  }

  /** Returns the tile of one layer {@code [rows, columns]} of a stack, as a view in 'c' order. */
  static INDArray layer(INDArray stack, int index) {
    return stack.get(NDArrayIndex.point(index), NDArrayIndex.all(), NDArrayIndex.all());
  }

  /** Returns the tiles {@code [layers, rows, columns]}. */
  INDArray straight() {
    return straight;
  }

  /** Returns the tiles {@code [layers, columns, rows]}, unless rows and columns are the same. */
  INDArray transposed() {
    return transposed;
  }

  @Override
  public void close() {
    if (straight != null) {
      Scratch.give(straight);
    }
    if (transposed != null) {
      Scratch.give(transposed);
    }
  }
}
