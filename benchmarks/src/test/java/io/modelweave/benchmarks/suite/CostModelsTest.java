package io.modelweave.benchmarks.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Cost models against numbers that were worked out by hand; a wrong one moves every fraction of the floor. */
class CostModelsTest {

  @Test
  void should_cost_a_pair_what_the_cheaper_side_costs() {
    assertThat(CostModels.ckaPair(4096, 256)).isEqualTo(4096.0 * 512 * 512); // features: one symmetric product of [X Y]
    assertThat(CostModels.ckaPair(128, 256)).isEqualTo(2.0 * 128 * 128 * 256 + 3 * 128 * 128); // Gram matrices
    assertThat(CostModels.ckaPairOfGrams(4096, 256)).isGreaterThan(CostModels.ckaPair(4096, 256));
  }

  @Test
  void should_cost_a_map_of_gpt2_small_what_its_table_says() {
    assertThat(CostModels.ckaMap(128, 768, 13, 13)).isCloseTo(0.33e9, within(0.005e9));
    assertThat(CostModels.ckaMap(1024, 768, 13, 13)).isCloseTo(21e9, within(0.2e9));
    assertThat(CostModels.ckaMap(8192, 768, 13, 13)).isCloseTo(1.35e12, within(0.005e12));
    assertThat(CostModels.ckaMap(100_000, 768, 13, 13)).isLessThan(CostModels.ckaMapOfGrams(100_000, 768, 13, 13));
  }

  @Test
  void should_cost_a_mixture_its_kept_experts_and_a_router() {
    assertThat(CostModels.mixture(1024, 768, 3072, 8, 2)).isEqualTo(1024.0 * (2 * 768 * 8 + 2 * 4 * 768 * 3072));
  }

  @Test
  void should_cost_gpt2_small_its_weights_and_attention() {
    Work states = CostModels.gpt2Small(Case.parse("hiddenStates threads=2"));

    assertThat(states.flops()).isCloseTo(2 * 84.9e6 * 1024 + 12 * 4.0 * 1024 * 256 * 768, within(0.2e9));
    assertThat(states.threads()).isEqualTo(2);
    assertThat(CostModels.gpt2Small(Case.parse("trainingStep threads=1")).flops()).isCloseTo(315e9, within(2e9));
  }

  @Test
  void should_move_each_model_and_the_output_once() {
    double bytes = 4096.0 * 1024 * 2;

    assertThat(CostModels.merge(Case.parse("merge method=linear type=BFLOAT16")).memoryBytes()).isEqualTo(3 * bytes);
    assertThat(CostModels.merge(Case.parse("merge method=ties type=BFLOAT16")).memoryBytes()).isEqualTo(4 * bytes);
    assertThat(CostModels.merge(Case.parse("merge method=ties type=FLOAT")).hashedBytes()).isZero(); // only files are hashed
    assertThat(CostModels.mergeFiles(Case.parse("merge method=ties type=F32")).fileBytes()).isCloseTo(497.8e6, within(1e6));
  }
}
