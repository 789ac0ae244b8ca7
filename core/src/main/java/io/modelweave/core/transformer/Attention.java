package io.modelweave.core.transformer;

import java.util.Arrays;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Scaled dot-product attention of several heads, {@code softmax(q k^T / sqrt(d_h) + mask) v}: what all families share. Where keys and
 * values have fewer heads than queries, each serves {@code heads / keyValueHeads} consecutive query heads.
 *
 * <p>Source: Vaswani et al., 2017, equation 1; grouped queries: Ainslie et al., 2023, arXiv 2305.13245.
 *
 * @param batch {@code B}
 * @param length {@code T}
 * @param heads {@code h}, heads of the queries
 * @param keyValueHeads heads of keys and values; divides {@code heads}
 * @param headWidth {@code d_h}
 */
record Attention(int batch, int length, int heads, int keyValueHeads, int headWidth) {

  private static final float MASKED = -1e9f;

  /**
   * Adds the operations and returns {@code [N, h d_h]}, heads side by side.
   *
   * @param query {@code [B, h, T, d_h]}
   * @param key {@code [B, keyValueHeads, T, d_h]}
   * @param value like {@code key}
   * @param mask {@code [1, 1, T, T]}, added to the scores
   */
  SDVariable mix(SameDiff sd, SDVariable query, SDVariable key, SDVariable value, SDVariable mask) {
    SDVariable scores = ofHeads(sd, sd.mmul(ofGroups(sd, query.mul(1 / Math.sqrt(headWidth)), headWidth), key, false, true, false), length)
        .add(mask); // [B, h, T, T]
    SDVariable weights = ofGroups(sd, sd.nn.softmax(scores, -1), length);
    SDVariable mixed = ofHeads(sd, sd.mmul(weights, value), headWidth); // [B, h, T, d_h]
    return sd.reshape(sd.permute(mixed, 0, 2, 1, 3), (long) batch * length, (long) heads * headWidth);
  }

  /** Puts query heads that share a key head below one another: {@code [B, h, T, c]} to {@code [B, kv, (h / kv) T, c]}. */
  private SDVariable ofGroups(SameDiff sd, SDVariable x, int columns) {
    return heads == keyValueHeads ? x : sd.reshape(x, batch, keyValueHeads, (long) heads / keyValueHeads * length, columns);
  }

  private SDVariable ofHeads(SameDiff sd, SDVariable x, int columns) {
    return heads == keyValueHeads ? x : sd.reshape(x, batch, heads, length, columns);
  }

  /** Returns {@code [1, 1, T, T]}: 0 where a position may look, at itself and the {@code reach - 1} positions before it, else -1e9. */
  static INDArray causalMask(int length, int reach) {
    float[] mask = new float[length * length];
    for (int query = 0; query < length; query++) {
      int row = query * length;
      Arrays.fill(mask, row, row + Math.max(0, query - reach + 1), MASKED);
      Arrays.fill(mask, row + query + 1, row + length, MASKED);
    }
    return Nd4j.createFromArray(mask).reshape(1, 1, length, length);
  }
}
