package io.modelweave.merge;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.testing.GoldenFamilies;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.transformer.LlamaConfiguration;
import io.modelweave.core.transformer.TransformerGraph;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The laws of mixing each branch, for every family. */
class ActivationMergerBranchesTest {

  private static final double FLOAT = 1e-5; // relative to the largest logit

  /** A model with other numbers in every parameter; some differences are large enough to tell all branches apart. */
  private static LanguageModel other(LanguageModel model, long seed) {
    LanguageModel other = model.copy();
    Map<String, INDArray> random = LanguageModel.random(model.configuration(), seed).parameters();
    other.parameters().forEach((name, array) -> array.addi(random.get(name).mul(2)));
    return other;
  }

  private static LanguageModel load(String name) {
    return name.startsWith("gpt2") ? GoldenModels.load(name) : GoldenFamilies.load(name);
  }

  private static TokenBatch batch(String name) {
    return name.startsWith("gpt2") ? GoldenModels.batch() : GoldenFamilies.batch(name);
  }

  private static boolean belongs(String parameter, Branch branch) {
    return switch (branch) {
      case MLP -> parameter.contains(".mlp.");
      case ATTENTION -> parameter.matches(".*[.](attn|self_attn|attention)[.].*");
      case BLOCK -> parameter.matches(".*[.](h|layers)[.].*");
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2-math", "llama", "mistral-window", "qwen2", "gpt_neox", "neox-sequential"})
  void should_run_the_other_models_branch_in_the_host_where_its_weight_is_one(String name) {
    LanguageModel host = load(name);
    LanguageModel guest = other(host, 1);
    for (Branch branch : Branch.values()) {
      LanguageModel transplanted = host.copy();
      transplanted.parameters().forEach((parameter, array) -> {
        if (belongs(parameter, branch)) {
          array.assign(guest.parameters().get(parameter));
        }
      });

      INDArray logits = ActivationMerger.of(host, guest).branch(branch).alpha(1).build().logits(batch(name));

      assertThatArray(logits).as("%s", branch).isBitEqualTo(transplanted.logits(batch(name)));
      assertThat(logits.sub(host.logits(batch(name))).amaxNumber().doubleValue()).as("%s", branch).isGreaterThan(1e-3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2-math", "llama", "mistral-window", "qwen2", "gpt_neox", "neox-sequential"})
  void should_be_the_host_where_the_others_weigh_nothing_or_are_the_same(String name) {
    LanguageModel host = load(name);
    INDArray expected = host.logits(batch(name));
    for (Branch branch : Branch.values()) {
      ActivationMerger different = ActivationMerger.of(host, other(host, 1), other(host, 2)).branch(branch);
      ActivationMerger same = ActivationMerger.of(host, host.copy(), host.copy()).branch(branch);

      assertThatArray(different.weights(1, 0, 0).build().logits(batch(name))).isBitEqualTo(expected);
      assertThatArray(same.weights(0.5, 0.2, 0.3).build().logits(batch(name))).as("%s", branch).isRelativelyCloseTo(expected, FLOAT);
      assertThatArray(ActivationMerger.of(host, host).branch(branch).build().logits(batch(name))).isRelativelyCloseTo(expected, FLOAT);
    }
  }

  @ParameterizedTest
  @EnumSource(Branch.class)
  void should_not_depend_on_the_order_of_the_guests(Branch branch) {
    LanguageModel host = load("llama");
    LanguageModel first = other(host, 1);
    LanguageModel second = other(host, 2);

    INDArray logits = ActivationMerger.of(host, first, second).branch(branch).weights(0.2, 0.3, 0.5).build().logits(batch("llama"));
    INDArray turned = ActivationMerger.of(host, second, first).branch(branch).weights(0.2, 0.5, 0.3).build().logits(batch("llama"));
    INDArray swapped = ActivationMerger.of(host, second, first).branch(branch).weights(0.2, 0.3, 0.5).build().logits(batch("llama"));

    assertThatArray(turned).isRelativelyCloseTo(logits, FLOAT);
    assertThat(swapped.sub(logits).amaxNumber().doubleValue()).isGreaterThan(1e-3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2-math", "llama", "gpt_neox"})
  void should_add_up_what_the_branches_of_the_first_block_answer(String name) {
    LanguageModel host = load(name);
    List<LanguageModel> models = List.of(host, other(host, 1), other(host, 2));
    double[] weights = {0.2, 0.3, 0.5};
    for (Branch branch : Branch.values()) {
      String output = switch (branch) {
        case MLP -> "block.0.mlp";
        case ATTENTION -> "block.0.attention";
        case BLOCK -> "block.0.output";
      };
      LanguageModel mixed = ActivationMerger.of(models.get(0), models.get(1), models.get(2)).branch(branch).weights(weights).build();

      INDArray expected = mixed.outputs(batch(name), List.of(output)).get(output).mul(0);
      for (int i = 0; i < weights.length; i++) {
        double[] alone = new double[weights.length];
        alone[i] = 1;
        LanguageModel one = ActivationMerger.of(models.get(0), models.get(1), models.get(2)).branch(branch).weights(alone).build();
        expected.addi(one.outputs(batch(name), List.of(output)).get(output).mul(weights[i]));
      }
      assertThatArray(mixed.outputs(batch(name), List.of(output)).get(output)).isRelativelyCloseTo(expected, FLOAT);
      assertThat(mixed.activationNames().contains("experts.2.block.0.attention.mixed")).as("%s", branch).isEqualTo(branch != Branch.MLP);
      assertThat(mixed.activationNames().contains("experts.2.block.0.mlp.hidden")).as("%s", branch).isEqualTo(branch == Branch.BLOCK);
    }
  }

  @ParameterizedTest
  @EnumSource(Branch.class)
  void should_mix_each_block_with_weights_of_its_own(Branch branch) {
    LanguageModel host = load("llama");
    LanguageModel guest = other(host, 1);
    ActivationMerger merger = ActivationMerger.of(host, guest).branch(branch);

    LanguageModel late = merger.byLayer(layer -> layer < 2 ? 0 : 0.4).build();
    LanguageModel same = merger.weightsByLayer(layer -> layer < 2 ? new double[] {1, 0} : new double[] {0.6, 0.4}).build();

    assertThat(late.feedForward(1)).isSameAs(host.feedForward(1));
    assertThat(late.feedForward(2)).isNotSameAs(host.feedForward(2));
    assertThatArray(late.outputs(batch("llama"), List.of("block.1.output")).get("block.1.output"))
        .isBitEqualTo(host.outputs(batch("llama"), List.of("block.1.output")).get("block.1.output"));
    assertThatArray(late.logits(batch("llama"))).isBitEqualTo(same.logits(batch("llama")));
    assertThat(late.logits(batch("llama")).sub(host.logits(batch("llama"))).amaxNumber().doubleValue()).isGreaterThan(1e-3);
  }

  @ParameterizedTest
  @EnumSource(Branch.class)
  void should_mix_models_of_different_families_and_vocabularies(Branch branch) {
    LanguageModel host = load("gpt2-math");
    LanguageModel guest = LanguageModel.random(LlamaConfiguration.of(29, 64, 32, 4, 8, 2, 40), 1);

    LanguageModel mixed = ActivationMerger.of(host, guest, load("gpt_neox")).branch(branch).build();

    assertThat(mixed.loss(List.of(batch("gpt2-math")))).isFinite();
    assertThat(mixed.parameters()).containsAllEntriesOf(host.parameters());
  }

  @ParameterizedTest
  @EnumSource(Branch.class)
  void should_share_and_train_the_parameters_of_all_models(Branch branch) {
    LanguageModel host = load("llama");
    LanguageModel guest = other(host, 1);
    LanguageModel mixed = ActivationMerger.of(host, guest).branch(branch).alpha(0.4).build();
    String parameter = branch == Branch.MLP ? "model.layers.1.mlp.up_proj.weight" : "model.layers.1.self_attn.k_proj.weight";
    String name = "experts.1." + parameter;
    INDArray shared = guest.parameters().get(parameter);
    TokenBatch batch = batch("llama");
    int inputs = batch.length() - 1;

    assertThat(mixed.parameters().get(name)).isSameAs(shared);
    try (TransformerGraph graph = mixed.trainingGraph(batch.batch(), inputs, Set.of(name))) {
      INDArray gradient = graph.gradients(batch.columns(0, inputs), batch.columns(1, inputs + 1)).byParameter().get(name);
      double slope = gradient.norm2Number().doubleValue();
      double before = mixed.loss(List.of(batch));
      double step = 1e-2;
      shared.subi(gradient.mul(step / slope));
      assertThat((before - mixed.loss(List.of(batch))) / step).isCloseTo(slope, org.assertj.core.api.Assertions.withinPercentage(10));
    }
  }

  @Test
  void should_not_train_what_it_does_not_compute() {
    LanguageModel host = load("llama");
    LanguageModel mixed = ActivationMerger.of(host, other(host, 1)).branch(Branch.ATTENTION).alpha(1).build();

    assertThatThrownBy(() -> mixed.trainingGraph(1, 4, mixed.parameters().keySet())).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nothing in this model reads the parameters [model.layers.0.self_attn.k_proj.weight");
  }

  @ParameterizedTest
  @EnumSource(Branch.class)
  void should_be_neither_saved_nor_copied_nor_mixed_again(Branch branch, @TempDir Path folder) {
    LanguageModel host = load("llama");
    LanguageModel mixed = ActivationMerger.of(host, other(host, 1)).branch(branch).build();

    assertThatThrownBy(() -> mixed.save(folder)).isInstanceOf(IllegalStateException.class).hasMessageContaining("block 0 holds a Mixed");
    assertThatThrownBy(mixed::copy).isInstanceOf(IllegalStateException.class).hasMessageContaining("block 0 holds a Mixed");
    assertThatThrownBy(() -> ActivationMerger.of(host, mixed).build()).hasMessageContaining("block 3 of model 1 holds a Mixed");
  }

  @Test
  void should_refuse_sequences_that_the_context_of_a_guest_cannot_hold() {
    LanguageModel host = load("llama");
    LanguageModel guest = LanguageModel.random(LlamaConfiguration.of(61, 8, 32, 4, 4, 2, 72), 1);
    LanguageModel mixed = ActivationMerger.of(host, guest).branch(Branch.ATTENTION).build();

    assertThat(mixed.logits(new TokenBatch(new int[1][8])).size(1)).isEqualTo(8);
    assertThatThrownBy(() -> mixed.logits(new TokenBatch(new int[1][9]))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("9 positions").hasMessageContaining("context of experts.1").hasMessageContaining("is 8");
  }

  @Test
  void should_refuse_weights_that_do_not_fit() {
    LanguageModel host = load("llama");
    ActivationMerger three = ActivationMerger.of(host, host.copy(), host.copy());

    assertThatThrownBy(() -> ActivationMerger.of(host)).hasMessageContaining("1 models");
    assertThatThrownBy(() -> three.alpha(0.5)).hasMessageContaining("there are 3; give weights");
    assertThatThrownBy(() -> three.weights(0.5, 0.5)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("every block has the weights [0.5, 0.5]").hasMessageContaining("3 models");
    assertThatThrownBy(() -> three.weights(0.5, 0.4, 0.2)).hasMessageContaining("add up to 1");
    assertThatThrownBy(() -> three.weights(-0.5, 1, 0.5)).hasMessageContaining("not negative");
    assertThatThrownBy(() -> three.weights(Double.NaN, 0.5, 0.5)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> ActivationMerger.of(host, host.copy()).byLayer(layer -> layer == 2 ? 1.5 : 0.5).build())
        .hasMessageContaining("block 2 has the weights [-0.5, 1.5]");
  }
}
