package io.modelweave.cka.products;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import org.nd4j.linalg.api.buffer.DataType;

/** Tiles that wait to be used again, {@value #MOST_BYTES} bytes at most. Safe for threads. */
final class TilePool {

  private static final long MOST_BYTES = 32L << 20;
  private static final Deque<HostTile> FREE = new ArrayDeque<>();
  private static long freeBytes;

  private TilePool() {}

  static HostTile take(DataType type, int rows, int columns) {
    synchronized (FREE) {
      for (Iterator<HostTile> tiles = FREE.iterator(); tiles.hasNext();) {
        HostTile tile = tiles.next();
        if (tile.type() == type && tile.rows() == rows && tile.columns() == columns) {
          tiles.remove();
          freeBytes -= bytes(tile);
          return tile;
        }
      }
    }
    return type == DataType.FLOAT ? new FloatTile(rows, columns) : new DoubleTile(rows, columns);
  }

  static void give(HostTile tile) {
    synchronized (FREE) {
      FREE.push(tile);
      freeBytes += bytes(tile);
      while (freeBytes > MOST_BYTES) {
        freeBytes -= bytes(FREE.removeLast());
      }
    }
  }

  private static long bytes(HostTile tile) {
    return (long) tile.rows() * tile.columns() * tile.type().width();
  }
}
