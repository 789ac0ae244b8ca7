package io.modelweave.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelweave.cka.Cka;
import io.modelweave.cka.Score;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.Pooling;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.merge.ActivationMerger;
import io.modelweave.merge.Merger;
import io.modelweave.moe.CrossLayerRouter;
import io.modelweave.moe.LayerWindow;
import io.modelweave.moe.RoutedModel;
import io.modelweave.moe.RouterTraining;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The code that the README opens with. */
class ReadmeTest {

  private final List<TokenBatch> batches = List.of(GoldenModels.batch());

  @Test
  void should_do_what_the_readme_shows() {
    Path mathDirectory = GoldenModels.directory("gpt2-math");
    Path codeDirectory = GoldenModels.directory("gpt2-code");

    LanguageModel math = LanguageModel.load(mathDirectory);
    LanguageModel code = LanguageModel.load(codeDirectory);
    LanguageModel soup = Merger.interpolate(math, code, 0.5);
    LanguageModel mixed = ActivationMerger.interpolate(math, code, 0.5);
    double best = Math.min(soup.loss(batches), mixed.loss(batches));
    Score drift = Cka.linear().compare(activations(math), activations(code));
    RoutedModel routed = CrossLayerRouter.over(math, code).window(LayerWindow.upThenDown(3)).build();
    RouterTraining.of(routed).learningRate(5e-3).steps(150).run(batches);

    assertThat(routed.loss(batches)).isLessThan(best);
    assertThat(drift.value()).isBetween(0.0, 1.0);
  }

  private INDArray activations(LanguageModel model) {
    return model.activations(batches, Pooling.ALL_TOKENS, List.of("block.2.output")).get("block.2.output");
  }
}
