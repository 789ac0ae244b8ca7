package io.modelweave.examples.paper.lab;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Two models side by side whose next-token probabilities are averaged: {@code p = (p_a + p_b) / 2}. The line that merges of weights or
 * activations are held against; it costs two models.
 */
final class ProbabilityEnsemble {

  private ProbabilityEnsemble() {}

  /** Returns the mean of {@code -ln p} in nats per token, in double. Takes both models' logits of one batch in memory. */
  static double loss(LanguageModel a, LanguageModel b, Iterable<TokenBatch> batches) {
    double sum = 0;
    long tokens = 0;
    for (TokenBatch batch : batches) {
      double[] ofA = targetLogProbabilities(a, batch);
      double[] ofB = targetLogProbabilities(b, batch);
      for (int i = 0; i < ofA.length; i++) {
        double larger = Math.max(ofA[i], ofB[i]);
        sum -= larger + Math.log((Math.exp(ofA[i] - larger) + Math.exp(ofB[i] - larger)) / 2);
      }
      tokens += ofA.length;
    }
    return sum / tokens;
  }

  private static double[] targetLogProbabilities(LanguageModel model, TokenBatch batch) {
    int[][] ids = batch.ids();
    int inputs = batch.length() - 1;
    double[] values = new double[ids.length * inputs];
    // The model reads every token but the last, as it does for its own loss.
    TokenBatch read = new TokenBatch(rows(ids, inputs), batch.sampleIds());
    try (INDArray logits = model.logits(read)) {
      for (int row = 0; row < ids.length; row++) {
        float[][] positions = logits.slice(row).toFloatMatrix();
        for (int t = 0; t < inputs; t++) {
          values[row * inputs + t] = positions[t][ids[row][t + 1]] - logSumExp(positions[t]);
        }
      }
    }
    return values;
  }

  private static int[][] rows(int[][] ids, int length) {
    int[][] rows = new int[ids.length][];
    for (int i = 0; i < ids.length; i++) {
      rows[i] = Arrays.copyOf(ids[i], length);
    }
    return rows;
  }

  private static double logSumExp(float[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    return largest + Math.log(sum);
  }
}
