package io.modelweave.cka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.Activations;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class MaximumTestTest {

  @Test
  void should_find_the_pair_that_belongs_together() {
    Activations a = model(1, 3, 40);
    Map<String, INDArray> layers = new LinkedHashMap<>();
    layers.put("other", Features.array(Features.gaussian(77, 40, 5)));
    layers.put("twin", a.get("layer.1"));
    layers.put("dead", Nd4j.ones(40, 2));

    MaximumTest maximum = Cka.linear().maximum(a, Activations.of(layers), 199, 5);

    assertThat(maximum.best().layerA()).isEqualTo("layer.1");
    assertThat(maximum.best().layerB()).isEqualTo("twin");
    assertThat(maximum.best().score().value()).isCloseTo(1, within(1e-12));
    assertThat(maximum.pValue()).isEqualTo(1 / 200.0);
    assertThat(maximum.nullUpper()).isBetween(maximum.nullMean(), 0.5);
    assertThat(maximum.permutations()).isEqualTo(199);
  }

  @Test
  void should_return_the_same_for_the_same_seed() {
    assertThat(Cka.linear().maximum(model(1, 2, 20), model(2, 2, 20), 50, 9).pValue())
        .isEqualTo(Cka.linear().maximum(model(1, 2, 20), model(2, 2, 20), 50, 9).pValue());
  }

  /** Of 100 pairs of unrelated models, 5 are expected; more than 12 have a probability of 0.0015. */
  @Test
  void should_call_unrelated_models_related_in_five_of_a_hundred_cases() {
    int falsePositives = 0;
    for (int trial = 0; trial < 100; trial++) {
      MaximumTest unrelated = Cka.linear().maximum(model(1000 + 10 * trial, 3, 16), model(5000 + 10 * trial, 3, 16), 39, trial);
      falsePositives += unrelated.pValue() <= 0.05 ? 1 : 0;
    }

    assertThat(falsePositives).isBetween(1, 12);
  }

  @Test
  void should_agree_with_maps_of_permuted_samples() {
    Activations a = model(1, 2, 12);
    Activations b = model(2, 2, 12);
    int[] order = Sampling.permutation(12, new java.util.SplittableRandom(3));
    Map<String, INDArray> permuted = new LinkedHashMap<>();
    for (String layer : b.layers()) {
      permuted.put(layer, Nd4j.pullRows(b.get(layer), 1, order));
    }

    double expected = Cka.linear().heatMap(a, Activations.of(permuted)).maximum().orElseThrow().score().value();

    assertThat(Cka.linear().maximum(a, b, 1, 3).nullMean()).isCloseTo(expected, within(1e-6));
  }

  @Test
  void should_refuse_what_has_no_maximum() {
    assertThatThrownBy(() -> Cka.linear().maximum(model(1, 2, 12), model(2, 2, 12), 0, 3))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("at least one permutation");
    assertThatThrownBy(() -> Cka.linear().maximum(model(1, 2, 12), Activations.of(Map.of("dead", Nd4j.ones(12, 2))), 9, 3))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("no pair of layers");
  }

  private static Activations model(int seed, int depth, int n) {
    Map<String, INDArray> layers = new LinkedHashMap<>();
    for (int i = 0; i < depth; i++) {
      layers.put("layer." + i, Features.array(Features.gaussian(seed + i, n, 5)));
    }
    return Activations.of(layers);
  }
}
