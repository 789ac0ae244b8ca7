package io.modelweave.cka;

import io.modelweave.cka.products.Scratch;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The tiles of some rows and columns of the U-centred Gram matrices of several layers. */
final class TileStack implements AutoCloseable {

  private final INDArray tiles;
  private final @Nullable INDArray[] byLayer;

  /** Makes room for tiles of that many rows and columns. */
  TileStack(DataType type, int layers, int rows, int columns) {
    tiles = Scratch.take(type, layers, rows, columns);
    byLayer = new INDArray[layers];
  }

  boolean fits(Tile rows, Tile columns) {
    return tiles.size(1) == rows.size() && tiles.size(2) == columns.size();
  }

  /**
   * Computes the tile of one layer and its twin on the other side of the diagonal. Layers may be put by several threads.
   *
   * @param twin where the columns are rows; this, if they are the same samples
   * @return {@code Σ_j U_ij²} of each row, then {@code Σ_i U_ij²} of each column
   */
  double[][] put(int index, LayerGram layer, Tile rows, Tile columns, TileStack twin) {
    UCentering centering = new UCentering(slice(layer.offsets(), rows), slice(layer.offsets(), columns));
    return layer.tiles().write(centering, rows, columns, layer(index), twin == this ? null : twin.layer(index));
  }

  private static double[] slice(double[] values, Tile tile) {
    return Arrays.copyOfRange(values, tile.from(), tile.to());
  }

  /** Returns the tile of one layer {@code [rows, columns]} in 'c' order. */
  INDArray layer(int index) {
    INDArray layer = byLayer[index];
    if (layer == null) {
      // By the thread that puts it there: a view costs more than centring some rows.
      layer = tiles.get(NDArrayIndex.point(index), NDArrayIndex.all(), NDArrayIndex.all());
      byLayer[index] = layer;
    }
    return layer;
  }

  /** Returns the tiles {@code [layers, rows, columns]} in 'c' order. */
  INDArray all() {
    return tiles;
  }

  @Override
  public void close() {
    Scratch.give(tiles);
  }
}
