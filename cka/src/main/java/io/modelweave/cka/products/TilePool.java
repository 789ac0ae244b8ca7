package io.modelweave.cka.products;

import org.nd4j.linalg.api.buffer.DataType;

/** Tiles that wait to be used again, {@value #MOST_BYTES} bytes at most. Safe for threads. */
final class TilePool {

  private static final long MOST_BYTES = 32L << 20;
  private static final Pool<HostTile> FREE =
      new Pool<>(MOST_BYTES, tile -> (long) tile.rows() * tile.columns() * tile.type().width(), tile -> {});

  private TilePool() {}

  static HostTile take(DataType type, int rows, int columns) {
    HostTile tile = FREE.take(free -> free.type() == type && free.rows() == rows && free.columns() == columns);
    return tile != null ? tile : type == DataType.FLOAT ? new FloatTile(rows, columns) : new DoubleTile(rows, columns);
  }

  static void give(HostTile tile) {
    FREE.give(tile);
  }
}
