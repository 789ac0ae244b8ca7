package io.modelweave.moe;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.testing.GoldenFamilies;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

class CombinationTest {

  private static final double FLOAT = 1e-5;

  private final TokenBatch batch = GoldenModels.batch();
  private final List<TokenBatch> text = List.of(batch);
  private final LanguageModel math = GoldenModels.load("gpt2-math");
  private final LanguageModel code = GoldenModels.load("gpt2-code");
  private final List<LanguageModel> models = List.of(math, code);

  @Test
  void should_be_each_model_where_its_weight_is_one() {
    LanguageModel codesMlps = math.withFeedForwards(IntStream.range(0, 4).mapToObj(code::feedForward).toList());

    assertThat(Combination.compare(text, Combination.interpolation(models, 1, 0), Combination.parameterAverage(models, 1, 0),
        Combination.logitEnsemble(models, 1, 0)))
        .allSatisfy(r -> assertThat(r.loss()).as(r.name()).isCloseTo(math.loss(text), within(FLOAT)));
    assertThat(Combination.compare(text, Combination.interpolation(models, 0, 1), Combination.parameterAverage(models, 0, 1)))
        .allSatisfy(r -> assertThat(r.loss()).as(r.name()).isCloseTo(codesMlps.loss(text), within(FLOAT)));
    assertThat(Combination.logitEnsemble(models, 0, 1).loss(text)).isCloseTo(code.loss(text), within(FLOAT));
  }

  @Test
  void should_equal_an_untrained_dense_router_at_equal_weights() {
    RoutedModel routed = CrossLayerRouter.over(math, code).build();

    assertThat(Combination.interpolation(models, 0.5, 0.5).loss(text)).isCloseTo(routed.loss(text), within(FLOAT));
    assertThat(Combination.softMerging(routed, text).loss(text))
        .isCloseTo(Combination.parameterAverage(models, 0.5, 0.5).loss(text), within(FLOAT));
  }

  @Test
  void should_average_logits_as_written_out() {
    INDArray logits = math.logits(batch).mul(0.3).add(code.logits(batch).mul(0.7));
    double sum = 0;
    for (int row = 0; row < batch.batch(); row++) {
      for (int t = 0; t + 1 < batch.length(); t++) {
        float[] z = logits.get(NDArrayIndex.point(row), NDArrayIndex.point(t), NDArrayIndex.all()).dup().toFloatVector();
        double total = 0;
        for (float value : z) {
          total += Math.exp(value);
        }
        sum += Math.log(total) - z[batch.ids()[row][t + 1]];
      }
    }

    assertThat(Combination.logitEnsemble(models, 0.3, 0.7).loss(text))
        .isCloseTo(sum / (batch.batch() * (batch.length() - 1)), within(FLOAT));
  }

  @Test
  void should_say_how_large_each_is() {
    long mlps = 4 * (32 * 128 * 2 + 128 + 32);

    assertThat(Combination.interpolation(models, 0.5, 0.5).parameterCounts().active()).isEqualTo(math.parameterCount() + mlps);
    assertThat(Combination.parameterAverage(models, 0.5, 0.5).parameterCounts().total()).isEqualTo(math.parameterCount());
    assertThat(Combination.logitEnsemble(models, 0.5, 0.5).parameterCounts().total()).isEqualTo(2 * math.parameterCount());
    RoutedModel sparse = CrossLayerRouter.over(math, code).topK(1).build();
    assertThat(Combination.routed("top 1", sparse).parameterCounts().active()).isEqualTo(math.parameterCount() + 4 * 2 * 32);
  }

  @Test
  void should_leave_the_models_as_they_were() {
    INDArray before = math.feedForward(1).parameters().values().iterator().next().dup();

    Combination.parameterAverage(models, 0.5, 0.5).loss(text);

    assertThatArray(math.feedForward(1).parameters().values().iterator().next()).isBitEqualTo(before);
  }

  @Test
  void should_refuse_weights_and_experts_that_do_not_fit() {
    assertThatThrownBy(() -> Combination.interpolation(models, 0.5)).hasMessageContaining("1 weights for 2 models");
    assertThatThrownBy(() -> Combination.logitEnsemble(models, 0.5, 0.6))
        .hasMessageContaining("[0.5, 0.6]").hasMessageContaining("sum to 1");
    assertThatThrownBy(() -> Combination.parameterAverage(List.of(math, GoldenFamilies.load("gpt_neox")), 0.5, 0.5))
        .isInstanceOf(ModelMismatchException.class);
  }
}
