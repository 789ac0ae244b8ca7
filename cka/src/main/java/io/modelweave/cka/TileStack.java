package io.modelweave.cka;

import io.modelweave.cka.products.HostFloats;
import io.modelweave.cka.products.HostTile;
import io.modelweave.cka.products.RowNorms;
import io.modelweave.cka.products.Scratch;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The tiles of some rows and columns of the U-centred Gram matrices of several layers. */
final class TileStack implements AutoCloseable {

  private final INDArray tiles;
  private final double[][] squares;

  /** Makes room for tiles of that many rows and columns. */
  TileStack(DataType type, int layers, int rows, int columns) {
    tiles = Scratch.take(type, layers, rows, columns);
    squares = new double[layers][];
  }

  boolean fits(Tile rows, Tile columns) {
    return tiles.size(1) == rows.size() && tiles.size(2) == columns.size();
  }

  /**
   * Computes the tile of one layer and its twin on the other side of the diagonal. Layers may be put by several threads.
   *
   * @param twin where the columns are rows; this, if they are the same samples
   */
  void put(int index, LayerGram layer, Tile rows, Tile columns, TileStack twin) {
    boolean symmetric = twin == this;
    UCentering centering = new UCentering(slice(layer.offsets(), rows), slice(layer.offsets(), columns));
    if (HostFloats.AVAILABLE) {
      HostTile tile = layer.tiles().onHost(rows, columns);
      twin.squares[index] = centering.center(tile, symmetric);
      tile.write(tiles, index);
      if (!symmetric) {
        HostTile transposed = HostTile.take(tile.type(), columns.size(), rows.size());
        tile.transposeTo(transposed);
        transposed.write(twin.tiles, index);
        squares[index] = transposed.squares();
        transposed.give();
      }
      tile.give();
    } else {
      INDArray to = layer(index);
      layer.tiles().use(rows, columns, tile -> centering.write(tile, symmetric, to));
      squares[index] = RowNorms.squared(to);
      if (!symmetric) {
        INDArray transposed = twin.layer(index).assign(to.transpose());
        twin.squares[index] = RowNorms.squared(transposed);
      }
    }
  }

  private static double[] slice(double[] values, Tile tile) {
    return Arrays.copyOfRange(values, tile.from(), tile.to());
  }

  /** Returns {@code Σ_j U_ij²} of each row of one layer. */
  double[] squares(int index) {
    return squares[index];
  }

  /** Returns the tile of one layer {@code [rows, columns]} in 'c' order. */
  INDArray layer(int index) {
    return tiles.get(NDArrayIndex.point(index), NDArrayIndex.all(), NDArrayIndex.all());
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
