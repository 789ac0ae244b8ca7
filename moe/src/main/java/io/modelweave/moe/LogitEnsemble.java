package io.modelweave.moe;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import java.util.List;
import java.util.Objects;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Whole models whose logits are averaged. */
record LogitEnsemble(List<LanguageModel> models, double[] weights) implements Combination {

  @Override
  public String name() {
    return "logit ensemble";
  }

  @Override
  public ParameterCounts parameterCounts() {
    long total = models.stream().mapToLong(LanguageModel::parameterCount).sum();
    return new ParameterCounts(total, total, 0);
  }

  @Override
  public double loss(Iterable<TokenBatch> batches) {
    double sum = 0;
    long count = 0;
    for (TokenBatch batch : batches) {
      int[] targets = batch.columns(1, batch.length());
      int[][] inputs = batch.ids();
      try (INDArray logits = logits(batch)) {
        long vocabulary = logits.size(2);
        try (INDArray logProbabilities = Nd4j.nn().logSoftmax(logits.reshape('c', logits.length() / vocabulary, vocabulary))) {
          for (int row = 0; row < inputs.length; row++) {
            for (int t = 0; t + 1 < batch.length(); t++) {
              sum -= logProbabilities.getDouble((long) row * batch.length() + t, targets[row * (batch.length() - 1) + t]);
            }
          }
        }
      }
      count += targets.length;
    }
    if (count == 0) {
      throw new IllegalArgumentException("no batch: a loss needs at least one token to predict");
    }
    return sum / count;
  }

  private INDArray logits(TokenBatch batch) {
    INDArray sum = null;
    for (int m = 0; m < models.size(); m++) {
      try (INDArray logits = models.get(m).logits(batch)) {
        INDArray term = logits.castTo(DataType.DOUBLE).muli(weights[m]);
        if (sum == null) {
          sum = term;
        } else {
          sum.addi(term);
          term.close();
        }
      }
    }
    return Objects.requireNonNull(sum);
  }
}
