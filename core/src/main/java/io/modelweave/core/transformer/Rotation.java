package io.modelweave.core.transformer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A {@link RotaryEmbedding} in a graph: {@code x * cos + (x R) * sin}, where the constant matrix {@code R} swaps the halves of a head and
 * negates one.
 *
 * <p>A product with {@code R} is exact, costs {@code 2 d_h} operations an element, and its gradient is another product; slices and their
 * gradients cost more. Tables have the shape of {@code x}, because the gradient of a broadcast product is slow in SameDiff; all blocks
 * share them.
 */
final class Rotation {

  private final SameDiff sd;
  private final RotaryEmbedding embedding;
  private final Attention shape;
  private final SDVariable halfTurn;
  private final Map<Integer, Tables> tables = new HashMap<>();

  /** Both {@code [B heads T, d_h]}. */
  private record Tables(SDVariable cos, SDVariable sin) {}

  Rotation(SameDiff sd, RotaryEmbedding embedding, Attention shape) {
    this.sd = sd;
    this.embedding = embedding;
    this.shape = shape;
    this.halfTurn = sd.constant(halfTurn(shape.headWidth(), embedding.rotated(shape.headWidth()) / 2));
  }

  /** Adds the operations for {@code x [B, heads, T, d_h]} and returns the same shape. */
  SDVariable apply(SDVariable x, int heads) {
    long rows = (long) shape.batch() * heads * shape.length();
    Tables table = tables.computeIfAbsent(heads, this::tables);
    SDVariable flat = sd.reshape(x, rows, shape.headWidth());
    SDVariable turned = flat.mul(table.cos()).add(flat.mmul(halfTurn).mul(table.sin()));
    return sd.reshape(turned, shape.batch(), heads, shape.length(), shape.headWidth());
  }

  private Tables tables(int heads) {
    int width = shape.headWidth();
    int half = embedding.rotated(width) / 2;
    float[] cos = new float[shape.length() * width];
    float[] sin = new float[shape.length() * width];
    Arrays.fill(cos, 1); // features that do not turn
    for (int position = 0; position < shape.length(); position++) {
      for (int i = 0; i < half; i++) {
        double angle = embedding.angle(position, i, width);
        for (int feature : new int[] {i, i + half}) {
          cos[position * width + feature] = (float) Math.cos(angle);
          sin[position * width + feature] = (float) Math.sin(angle);
        }
      }
    }
    return new Tables(constant(cos, heads), constant(sin, heads));
  }

  private SDVariable constant(float[] table, int heads) {
    INDArray one = Nd4j.create(table, new long[] {shape.length(), shape.headWidth()}, 'c');
    return sd.constant(Nd4j.tile(one, shape.batch() * heads, 1));
  }

  /** Returns {@code R [d_h, d_h]}: {@code (x R)_i = -x_(i + half)} and {@code (x R)_(i + half) = x_i} for {@code i < half}, else 0. */
  private static INDArray halfTurn(int width, int half) {
    float[] matrix = new float[width * width];
    for (int i = 0; i < half; i++) {
      matrix[(i + half) * width + i] = -1;
      matrix[i * width + i + half] = 1;
    }
    return Nd4j.create(matrix, new long[] {width, width}, 'c');
  }
}
