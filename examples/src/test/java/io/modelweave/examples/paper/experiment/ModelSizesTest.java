package io.modelweave.examples.paper.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.transformer.Gpt2Configuration;
import io.modelweave.examples.paper.experiment.ModelSizes.Size;
import io.modelweave.examples.paper.experiment.RoutingAcrossLayers.Window;
import io.modelweave.examples.paper.lab.Routed;
import io.modelweave.merge.ActivationMerger;
import io.modelweave.moe.CrossLayerRouter;
import io.modelweave.moe.LayerWindow;
import io.modelweave.moe.ParameterCounts;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelSizesTest {

  @Test
  void should_count_parameters_held_and_applied() {
    int layers = 3;
    int width = 8;
    LanguageModel base = LanguageModel.random(Gpt2Configuration.of(7, 4, width, layers, 2), 1);
    long mlps = layers * (2L * width * 4 * width + 4 * width + width);

    List<Size> sizes = ModelSizes.of(base, List.of(window(base, 1), window(base, 3)));

    long one = base.parameterCount();
    assertThat(sizes).extracting(Size::total).containsExactly(one, one, one + mlps, 2 * one,
        one + mlps + layers * 2L * width, one + mlps + layers * 6L * width);
    assertThat(sizes).extracting(Size::active).containsExactly(one, one, one + mlps, 2 * one,
        one + mlps + layers * 2L * width, one + 5 * mlps + layers * 6L * width);
    assertThat(ActivationMerger.interpolate(base, base.copy(), 0.5).parameterCount()).isEqualTo(sizes.get(2).total());
  }

  private static Window window(LanguageModel base, int n) {
    ParameterCounts counts = CrossLayerRouter.over(base, base.copy()).window(LayerWindow.upThenDown(n)).build().parameterCounts();
    return new Window(n, List.of(new Routed(1, counts.trained(), counts.total(), counts.active(), List.of())));
  }

  @Test
  void should_give_mean_and_deviation_over_seeds() {
    assertThat(new Repeated(List.of(1.0, 2.0, 3.0)).mean()).isEqualTo(2);
    assertThat(new Repeated(List.of(1.0, 2.0, 3.0)).deviation()).isEqualTo(1);
    assertThat(new Repeated(List.of(1.5)).deviation()).isZero();
  }
}
