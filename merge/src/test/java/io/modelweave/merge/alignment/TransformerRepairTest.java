package io.modelweave.merge.alignment;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.testing.GoldenFamilies;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.transformer.Gpt2Configuration;
import io.modelweave.core.transformer.Gpt2Mlp;
import io.modelweave.merge.ActivationMerger;
import io.modelweave.merge.Merger;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

class TransformerRepairTest {

  private static final double FLOAT_CLOSE = 1e-4;

  private final LanguageModel a = GoldenModels.load("gpt2-math");
  private final LanguageModel b = GoldenModels.load("gpt2-code");
  private final List<TokenBatch> batches = List.of(GoldenModels.batch());

  @Test
  void should_give_hidden_units_the_interpolated_mean_and_deviation() {
    double alpha = 0.4;
    LanguageModel merged = Merger.interpolate(a, b, alpha);

    LanguageModel repaired = TransformerRepair.between(a, b, alpha).apply(merged, batches);

    for (int layer = 0; layer < a.configuration().layers(); layer++) {
      INDArray ofA = hidden(a, layer);
      INDArray ofB = hidden(b, layer);
      INDArray deviation = ofA.std(false, 0).mul(1 - alpha).add(ofB.std(false, 0).mul(alpha));
      assertThatArray(hidden(repaired, layer).mean(0)).isCloseTo(ofA.mean(0).mul(1 - alpha).add(ofB.mean(0).mul(alpha)), FLOAT_CLOSE);
      assertThatArray(hidden(repaired, layer).std(false, 0)).isCloseTo(deviation, FLOAT_CLOSE);
      assertThat(hidden(merged, layer).std(false, 0).sub(deviation).amaxNumber().doubleValue()).isGreaterThan(10 * FLOAT_CLOSE);
    }
    merged.parameters().forEach((name, array) -> {
      if (!name.contains("c_fc")) {
        assertThatArray(repaired.parameters().get(name)).isBitEqualTo(array);
      }
    });
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "llama3-rope", "gpt_neox"})
  void should_repair_the_units_of_every_family(String name) {
    LanguageModel left = GoldenFamilies.load(name);
    LanguageModel right = Networks.shuffled(PermutationSpec.hiddenUnits(left), 1).apply(left); // same statistics, other places
    List<TokenBatch> data = List.of(GoldenFamilies.batch(name));
    double alpha = 0.5;
    LanguageModel merged = Merger.interpolate(left, right, alpha);

    LanguageModel repaired = TransformerRepair.between(left, right, alpha).apply(merged, data);

    String input = "block.1.mlp.input";
    for (int i = 0; i < OpeningLayer.of(left.feedForward(1)).size(); i++) {
      INDArray ofLeft = units(left, i, input, data.get(0));
      INDArray ofRight = units(right, i, input, data.get(0));
      INDArray ofRepaired = units(repaired, i, input, data.get(0));
      INDArray deviation = ofLeft.std(false, 0).add(ofRight.std(false, 0)).mul(0.5);
      assertThatArray(ofRepaired.std(false, 0)).isCloseTo(deviation, FLOAT_CLOSE);
      assertThat(units(merged, i, input, data.get(0)).std(false, 0).sub(deviation).amaxNumber().doubleValue())
          .isGreaterThan(10 * FLOAT_CLOSE);
      if (OpeningLayer.of(left.feedForward(1)).get(i).bias() != null) {
        assertThatArray(ofRepaired.mean(0)).isCloseTo(ofLeft.mean(0).add(ofRight.mean(0)).mul(0.5), FLOAT_CLOSE);
      }
    }
  }

  private static INDArray units(LanguageModel model, int opening, String input, TokenBatch batch) {
    INDArray u = model.outputs(batch, List.of(input)).get(input);
    return OpeningLayer.of(model.feedForward(1)).get(opening).units(u.reshape(-1, u.size(2)));
  }

  @Test
  void should_change_nothing_where_there_is_nothing_to_repair_and_never_the_models_given() {
    LanguageModel before = a.copy();

    LanguageModel repaired = TransformerRepair.between(a, a, 0.5).apply(a, batches);

    a.parameters().forEach((name, array) -> {
      assertThatArray(repaired.parameters().get(name)).isCloseTo(array, FLOAT_CLOSE);
      assertThatArray(array).isBitEqualTo(before.parameters().get(name));
    });
  }

  @Test
  void should_refuse_what_does_not_fit() {
    LanguageModel other = LanguageModel.random(Gpt2Configuration.of(61, 20, 16, 4, 2), 1);

    assertThatThrownBy(() -> TransformerRepair.between(a, other, 0.5)).hasMessageContaining("the configuration is");
    assertThatThrownBy(() -> TransformerRepair.between(a, b, 2)).hasMessageContaining("alpha is 2.0");
    assertThatThrownBy(() -> TransformerRepair.between(a, b, 0.5).apply(a, List.of())).hasMessageContaining("no batch");
    LanguageModel mixed = ActivationMerger.interpolate(a, b, 0.5);
    assertThatThrownBy(() -> TransformerRepair.between(a, mixed, 0.5).apply(a, batches)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a block holds a MixedFeedForward");
  }

  /** Hidden units before their non-linearity, {@code [N, f]}. */
  private INDArray hidden(LanguageModel model, int layer) {
    String name = "block.%d.mlp.input".formatted(layer);
    INDArray input = model.outputs(batches.get(0), List.of(name)).get(name);
    Gpt2Mlp mlp = (Gpt2Mlp) model.feedForward(layer);
    return input.reshape(-1, input.size(2)).mmul(mlp.inWeight()).addiRowVector(mlp.inBias());
  }
}
