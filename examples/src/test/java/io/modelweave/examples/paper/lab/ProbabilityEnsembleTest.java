package io.modelweave.examples.paper.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.transformer.Gpt2Configuration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

class ProbabilityEnsembleTest {

  private static final double ROUNDING = 1e-5;
  private static final List<TokenBatch> BATCHES = List.of(
      new TokenBatch(new int[][] {{1, 2, 3, 4, 5}, {6, 5, 4, 3, 2}}), new TokenBatch(new int[][] {{0, 0, 6}}));

  private final LanguageModel a = LanguageModel.random(Gpt2Configuration.of(7, 4, 8, 2, 2), 1);
  private final LanguageModel b = LanguageModel.random(Gpt2Configuration.of(7, 4, 8, 2, 2), 2);

  @Test
  void should_average_the_probabilities_of_both_models() {
    double sum = 0;
    int tokens = 0;
    for (TokenBatch batch : BATCHES) {
      int[][] ids = batch.ids();
      for (int[] row : ids) {
        for (int t = 0; t + 1 < row.length; t++) {
          sum -= Math.log((probability(a, row, t) + probability(b, row, t)) / 2);
          tokens++;
        }
      }
    }

    assertThat(ProbabilityEnsemble.loss(a, b, BATCHES)).isCloseTo(sum / tokens, within(ROUNDING));
  }

  @Test
  void should_be_the_model_itself_twice_and_never_worse_than_the_mean_loss_of_two() {
    assertThat(ProbabilityEnsemble.loss(a, a, BATCHES)).isCloseTo(a.loss(BATCHES), within(ROUNDING));
    assertThat(ProbabilityEnsemble.loss(a, b, BATCHES)).isLessThan((a.loss(BATCHES) + b.loss(BATCHES)) / 2)
        .isEqualTo(ProbabilityEnsemble.loss(b, a, BATCHES));
  }

  /** What a model gives to the token after position {@code t}, from that prefix alone. */
  private static double probability(LanguageModel model, int[] row, int t) {
    INDArray logits = model.logits(new TokenBatch(new int[][] {Arrays.copyOf(row, t + 1)}));
    return Transforms.softmax(logits.reshape(t + 1, 7)).getDouble(t, row[t + 1]);
  }
}
