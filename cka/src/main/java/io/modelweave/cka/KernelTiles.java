package io.modelweave.cka;

import com.google.common.base.Suppliers;
import io.modelweave.cka.kernels.DistanceKernel;
import io.modelweave.cka.products.HostFloats;
import io.modelweave.cka.products.HostTile;
import io.modelweave.cka.products.RowDifferences;
import io.modelweave.cka.products.RowProducts;
import io.modelweave.cka.products.Scratch;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The tiles of the Gram matrix {@code K} of one layer. They are computed as they are asked for, or, where there is memory for it, once for
 * all. For one thread at a time.
 *
 * <p>Products are BLAS's; what follows goes through a tile on the heap, or where memory is a device's, through operations of its backend.
 */
final class KernelTiles implements AutoCloseable {

  /** Bytes of tiles that are kept in all. */
  private static final double MOST_KEPT = 72 << 20;

  private final LayerFeatures features;
  private final Kernel kernel;
  private final boolean mapped;
  private final Map<List<Tile>, INDArray> kept = new HashMap<>();

  private @Nullable Tile heldTile;
  private @Nullable INDArray heldRows;

  /**
   * Makes tiles.
   *
   * @param kernel fitted to all samples
   * @param mapped what the kernel makes of all samples, which is owned from here on, or nothing if it leaves them as they are
   */
  KernelTiles(LayerFeatures features, Kernel kernel, @Nullable INDArray mapped) {
    this.features = features;
    this.kernel = kernel;
    this.mapped = mapped != null;
    heldRows = mapped;
    heldTile = mapped == null ? null : all();
  }

  /** Returns whether the tiles of that many layers are to be kept: one each, as large as was asked for, or not too many. */
  static boolean areKept(double n, int edge, int layers, DataType type) {
    return n <= edge || layers * n * (n + edge) / 2 * type.width() <= MOST_KEPT;
  }

  /** Returns the kernel, with the bandwidth for the rows of the features. */
  Kernel kernel() {
    return kernel;
  }

  /** Computes all tiles of some edge once for all. */
  void keep(int edge) {
    hold(all());
    Tile.pairs(Tile.of(features.samples(), edge), (rows, columns) -> kept.put(List.of(rows, columns), multiplied(rows, columns)));
    release();
  }

  /** Adds all tiles of some edge to the means, and keeps them if asked to. */
  void addTo(RowMeans means, int edge, boolean keep) {
    if (keep) {
      hold(all());
    }
    Tile.pairs(Tile.of(features.samples(), edge), (rows, columns) -> {
      INDArray tile = multiplied(rows, columns);
      if (HostFloats.AVAILABLE) {
        HostTile host = onHost(tile, rows, columns);
        means.add(host, rows, columns);
        if (keep) {
          host.write(tile);
        }
        host.give();
      } else {
        means.add(tile, rows, columns);
      }
      if (keep) {
        kept.put(List.of(rows, columns), tile);
      } else {
        Scratch.give(tile);
      }
    });
    if (!mapped) {
      release();
    }
  }

  /**
   * Returns a tile on the heap, to be given back; of a symmetric one, what is below the diagonal may be anything. Where arrays are in the
   * memory of the host.
   *
   * @param rows equal to columns or before them
   */
  HostTile onHost(Tile rows, Tile columns) {
    INDArray known = kept.get(List.of(rows, columns));
    if (known != null) {
      return HostTile.of(known);
    }
    INDArray tile = multiplied(rows, columns);
    try {
      return onHost(tile, rows, columns);
    } finally {
      Scratch.give(tile);
    }
  }

  /** Passes on a tile, which is not to be modified, in the memory of any backend; of a symmetric one as {@link #onHost(Tile, Tile)}. */
  void use(Tile rows, Tile columns, Consumer<INDArray> use) {
    INDArray known = kept.get(List.of(rows, columns));
    INDArray tile = known != null ? known : multiplied(rows, columns);
    try {
      use.accept(tile);
    } finally {
      if (known == null) {
        Scratch.give(tile);
      }
    }
  }

  /** Returns the kernel, or the products that {@link #onHost} makes the kernel of, in scratch memory. */
  private INDArray multiplied(Tile rows, Tile columns) {
    INDArray tile = Scratch.take(features.type(), rows.size(), columns.size());
    hold(rows);
    if (rows.equals(columns)) {
      multiply(held(rows), null, tile);
    } else if (holds(columns)) {
      multiply(held(rows), held(columns), tile);
    } else {
      INDArray y = features.rows(columns);
      multiply(held(rows), y, tile);
      Scratch.give(y);
    }
    if (rows.equals(all()) && !mapped) {
      release();
    }
    return tile;
  }

  private void multiply(INDArray x, @Nullable INDArray y, INDArray tile) {
    boolean products = HostFloats.AVAILABLE && kernel instanceof DistanceKernel;
    if (y == null) {
      if (products) {
        RowProducts.FASTEST.within(x, tile);
      } else {
        kernel.within(x, tile);
      }
    } else if (products) {
      RowProducts.FASTEST.between(x, y, tile);
    } else {
      kernel.between(x, y, tile);
    }
  }

  private HostTile onHost(INDArray multiplied, Tile rows, Tile columns) {
    HostTile host = HostTile.of(multiplied);
    if (kernel instanceof DistanceKernel ofDistances) {
      apply(ofDistances, host, squares(rows), squares(columns), rows.equals(columns),
          Suppliers.memoize(() -> differences(rows, columns)));
    }
    return host;
  }

  /**
   * Replaces products {@code x_i·y_j} by a kernel of {@code ‖x_i - y_j‖²}.
   *
   * @param ofRows {@code ‖x_i‖²}
   * @param ofColumns {@code ‖y_j‖²}
   * @param symmetric whether rows and columns are the same samples: then only what is above the diagonal and on it is replaced
   * @param differences asked for the distances of samples so close that products leave mostly rounding of them
   */
  static void apply(DistanceKernel kernel, HostTile tile, double[] ofRows, double[] ofColumns, boolean symmetric,
      Supplier<RowDifferences> differences) {
    double[] row = new double[tile.columns()];
    for (int i = 0; i < tile.rows(); i++) {
      int from = symmetric ? i : 0;
      tile.copySquaredDistances(i, symmetric ? i + 1 : 0, ofRows[i], ofColumns, differences, row);
      if (symmetric) {
        row[i] = 0;
      }
      kernel.ofSquaredDistances(row, from);
      tile.set(i, row);
    }
  }

  private RowDifferences differences(Tile rows, Tile columns) {
    INDArray x = features.rows(rows);
    INDArray y = rows.equals(columns) ? x : features.rows(columns);
    try {
      return new RowDifferences(x, y);
    } finally {
      Scratch.give(x);
      if (y != x) {
        Scratch.give(y);
      }
    }
  }

  private double[] squares(Tile tile) {
    return Arrays.copyOfRange(features.squaredNorms(), tile.from(), tile.to());
  }

  private Tile all() {
    return new Tile(0, features.samples());
  }

  private boolean holds(Tile tile) {
    return heldTile != null && heldTile.from() <= tile.from() && tile.to() <= heldTile.to();
  }

  /** Gets rows ready that are wanted again and again. */
  private void hold(Tile tile) {
    if (!holds(tile)) {
      release();
      heldRows = features.rows(tile);
      heldTile = tile;
    }
  }

  private INDArray held(Tile tile) {
    return tile.equals(heldTile) ? heldRows
        : HeldFeatures.view(heldRows, new Tile(tile.from() - heldTile.from(), tile.to() - heldTile.from()));
  }

  private void release() {
    if (heldRows != null) {
      if (mapped) {
        heldRows.close();
      } else {
        Scratch.give(heldRows);
      }
      heldRows = null;
      heldTile = null;
    }
  }

  @Override
  public void close() {
    release();
    kept.values().forEach(Scratch::give);
    kept.clear();
  }
}
