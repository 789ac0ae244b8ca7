package io.modelweave.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.Shape;
import org.nd4j.linalg.factory.Nd4j;

/** The rows that a pooling makes of one batch of {@code B} samples. Values stay on the device; only the mask is looked at here. */
final class PooledRows {

  private final Pooling pooling;
  private final List<String> sampleIds;
  private final boolean @Nullable [][] kept;

  private PooledRows(Pooling pooling, List<String> sampleIds, @Nullable INDArray mask) {
    this.pooling = pooling;
    this.sampleIds = sampleIds;
    this.kept = mask == null ? null : kept(mask);
  }

  /**
   * Returns the pooled rows of every layer. The outputs are used up: their arrays are freed or are the result.
   *
   * @param sampleIds {@code B} names
   */
  static Activations of(LayerOutputs outputs, Pooling pooling, List<String> sampleIds) {
    PooledRows rows = new PooledRows(pooling, sampleIds, outputs.mask());
    Map<String, INDArray> byLayer = new LinkedHashMap<>();
    List<String> ids = rows.ids(outputs.byLayer());
    outputs.byLayer().forEach((layer, value) -> byLayer.put(layer, rows.pool(value)));
    return Activations.of(byLayer, ids);
  }

  private static boolean[][] kept(INDArray mask) {
    double[][] values = mask.castTo(DataType.DOUBLE).toDoubleMatrix();
    boolean[][] kept = new boolean[values.length][];
    for (int b = 0; b < kept.length; b++) {
      kept[b] = new boolean[values[b].length];
      for (int t = 0; t < kept[b].length; t++) {
        kept[b][t] = values[b][t] != 0;
      }
    }
    return kept;
  }

  private List<String> ids(Map<String, INDArray> byLayer) {
    TreeSet<Long> lengths = new TreeSet<>();
    byLayer.values().forEach(value -> lengths.add(value.rank() == 2 ? 0 : value.size(1)));
    if (lengths.last() == 0) {
      return sampleIds;
    }
    if (pooling instanceof Pooling.Mean mean && mean.maskRequired() && kept == null) {
      throw new IllegalArgumentException("a masked mean of a batch that has no mask; give the batch one, or take Pooling.MEAN");
    }
    if (!(pooling instanceof Pooling.Tokens tokens)) {
      requireTokenInEverySample();
      return sampleIds;
    }
    if (lengths.size() > 1) {
      throw new IllegalArgumentException("positions cannot be the samples of layers that differ in them: %s; record these layers apart, or pool with MEAN or LAST"
          .formatted(describe(byLayer)));
    }
    List<String> ids = new ArrayList<>();
    int length = Math.toIntExact(lengths.last());
    for (int row : rows(tokens, length)) {
      ids.add(sampleIds.get(row / length) + ":" + row % length);
    }
    if (ids.isEmpty()) {
      throw new IllegalArgumentException("no token is left of the batch of samples %s: the mask is 0 at all %s; leave the batch out"
          .formatted(sampleIds, tokens.stride() == 1 ? "positions" : "positions 0, %d, ...".formatted(tokens.stride())));
    }
    return ids;
  }

  private static String describe(Map<String, INDArray> byLayer) {
    List<String> shapes = new ArrayList<>();
    byLayer.forEach((layer, value) -> shapes.add("\"%s\" is %s".formatted(layer, Arrays.toString(value.shape()))));
    return String.join(", ", shapes);
  }

  private void requireTokenInEverySample() {
    if (kept == null) {
      return;
    }
    List<String> empty = IntStream.range(0, kept.length).filter(b -> last(kept[b]) < 0).mapToObj(sampleIds::get).toList();
    if (!empty.isEmpty()) {
      throw new IllegalArgumentException("no token to pool: the mask is 0 at all positions of the samples %s; leave them out".formatted(empty));
    }
  }

  private static int last(boolean[] kept) {
    int t = kept.length - 1;
    while (t >= 0 && !kept[t]) {
      t--;
    }
    return t;
  }

  private INDArray pool(INDArray value) {
    INDArray rowMajor = value;
    if (value.ordering() != 'c' || !Shape.hasDefaultStridesForShape(value)) {
      rowMajor = value.dup('c');
      ArrayMemory.free(value);
    }
    if (rowMajor.rank() == 2) {
      return rowMajor;
    }
    return pooling instanceof Pooling.Mean ? mean(rowMajor) : positions(rowMajor);
  }

  private INDArray positions(INDArray value) { // [B, T, d]
    int length = Math.toIntExact(value.size(1));
    INDArray flat = value.reshape(value.size(0) * length, value.size(2)); // shares the memory of value
    int[] rows = pooling instanceof Pooling.Tokens tokens ? rows(tokens, length) : lastRows(length);
    if (rows.length == flat.size(0)) {
      return flat;
    }
    INDArray pulled = Nd4j.pullRows(flat, 1, rows, 'c');
    ArrayMemory.free(value);
    return pulled;
  }

  private INDArray mean(INDArray value) { // [B, T, d]
    INDArray wide = value.dataType() == DataType.DOUBLE ? value : value.castTo(DataType.DOUBLE);
    INDArray mean = kept == null ? wide.mean(1) : masked(wide, kept);
    INDArray result = value.dataType() == DataType.DOUBLE ? mean : mean.castTo(value.dataType());
    for (INDArray used : List.of(value, wide, mean)) {
      if (used != result) {
        ArrayMemory.free(used);
      }
    }
    return result;
  }

  private static INDArray masked(INDArray wide, boolean[][] kept) { // [B, T, d], overwritten
    INDArray weights = weights(kept);
    INDArray counts = weights.sum(1); // [B, 1]
    INDArray mean = wide.muli(weights).sum(1).diviColumnVector(counts);
    ArrayMemory.free(weights);
    ArrayMemory.free(counts);
    return mean;
  }

  private static INDArray weights(boolean[][] kept) { // [B, T, 1]
    double[] weights = Arrays.stream(kept).flatMapToDouble(row -> IntStream.range(0, row.length).mapToDouble(t -> row[t] ? 1 : 0)).toArray();
    return Nd4j.createFromArray(weights).reshape(kept.length, kept[0].length, 1);
  }

  private int[] rows(Pooling.Tokens tokens, int length) {
    return IntStream.range(0, sampleIds.size() * length)
        .filter(row -> row % length % tokens.stride() == 0 && (kept == null || kept[row / length][row % length])).toArray();
  }

  private int[] lastRows(int length) {
    return IntStream.range(0, sampleIds.size()).map(b -> b * length + (kept == null ? length - 1 : last(kept[b]))).toArray();
  }
}
