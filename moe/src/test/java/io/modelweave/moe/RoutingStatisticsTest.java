package io.modelweave.moe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RoutingStatisticsTest {

  private final TokenBatch batch = GoldenModels.batch();
  private final LanguageModel math = GoldenModels.load("gpt2-math");
  private final LanguageModel code = GoldenModels.load("gpt2-code");

  @Test
  void should_describe_uniform_routing() {
    RoutedModel routed = CrossLayerRouter.over(math, code).window(LayerWindow.upThenDown(2)).build();

    RoutingStatistics statistics = RoutingStatistics.of(routed, List.of(batch, batch));

    assertThat(statistics.tokens()).isEqualTo(2L * 3 * 12);
    for (RoutingStatistics.Layer layer : statistics.layers()) {
      assertThat(layer.load()).containsOnly(0.25);
      assertThat(layer.meanProbability()).allSatisfy(p -> assertThat(p).isCloseTo(0.25, within(1e-6)));
      assertThat(layer.entropy()).isCloseTo(Math.log(4), within(1e-6));
      assertThat(layer.deadExperts()).isEmpty();
      assertThat(layer.maximumViolation()).isCloseTo(0, within(1e-12));
      assertThat(layer.leaving()).isCloseTo(0.5, within(1e-6));
    }
  }

  @Test
  void should_describe_collapsed_routing() {
    RoutedModel routed = CrossLayerRouter.over(math, code).window(LayerWindow.upThenDown(2)).topK(1).build(); // ties: the first listed

    RoutingStatistics.Layer layer = RoutingStatistics.of(routed, List.of(batch)).layers().get(1);

    assertThat(layer.load()).containsExactly(1.0, 0.0, 0.0, 0.0);
    assertThat(layer.deadExperts()).containsExactly(1, 2, 3);
    assertThat(layer.maximumViolation()).isEqualTo(3);
    assertThat(layer.leaving()).isZero();
  }

  @Test
  void should_describe_every_block_of_a_shared_router() {
    RoutedModel routed = CrossLayerRouter.over(math, code).options(o -> o.withShared(true)).initialization(RouterInitialization.PAPER).build();

    List<RoutingStatistics.Layer> layers = RoutingStatistics.of(routed, List.of(batch)).layers();

    assertThat(layers).hasSize(math.configuration().layers()).allSatisfy(layer -> {
      assertThat(layer.meanGate()).isEqualTo(layers.get(0).meanGate());
      assertThat(layer.experts()).allSatisfy(expert -> assertThat(expert.layer()).isEqualTo(layer.layer()));
    });
    assertThat(layers.get(0).meanGate().get(0)).isNotEqualTo(0.5);
  }

  @Test
  void should_draw_and_list_what_it_holds(@TempDir Path folder) throws IOException {
    RoutedModel routed = CrossLayerRouter.over(math, code).window(LayerWindow.upThenDown(3)).topK(2)
        .initialization(RouterInitialization.PAPER).build();
    RoutingStatistics statistics = RoutingStatistics.of(routed, List.of(batch));

    statistics.writeCsv(folder.resolve("routing.csv"));
    statistics.writePng(folder.resolve("routing.png"));

    List<String> lines = Files.readAllLines(folder.resolve("routing.csv"));
    assertThat(lines).hasSize(1 + 4 * 6);
    assertThat(lines.get(0)).startsWith("layer,expert,model,expert_layer,load");
    assertThat(lines.get(8)).startsWith("1,1,1,1," + statistics.layers().get(1).load().get(1));
    BufferedImage image = ImageIO.read(folder.resolve("routing.png").toFile());
    assertThat(image.getRGB(112, 112)).isNotEqualTo(image.getRGB(2, 2));
  }

  @Test
  void should_draw_gates_where_every_expert_serves_every_token(@TempDir Path folder) throws IOException {
    RoutedModel dense = CrossLayerRouter.over(math, code).initialization(RouterInitialization.PAPER).build();
    RoutingStatistics statistics = RoutingStatistics.of(dense, List.of(batch));

    statistics.writePng(folder.resolve("routing.png"));

    assertThat(statistics.layers().get(0).load()).containsOnly(0.5);
    BufferedImage image = ImageIO.read(folder.resolve("routing.png").toFile());
    assertThat(image.getRGB(112, 112)).as("model 0 and model 1 in block 0").isNotEqualTo(image.getRGB(112 + 4 * 64, 112));
  }

  @Test
  void should_read_the_windows_that_training_takes() {
    LanguageModel model = GoldenModels.load("gpt2-math");
    RoutedModel routed = CrossLayerRouter.over(model).build();
    int context = model.configuration().contextLength();
    TokenBatch window = new TokenBatch(new int[][] {new SplittableRandom(1).ints(context + 1, 0, 61).toArray()});

    RouterTraining.of(routed).steps(1).run(List.of(window));

    assertThat(RoutingStatistics.of(routed, List.of(window)).tokens()).isEqualTo(context);
  }

  @Test
  void should_refuse_no_text() {
    RoutedModel routed = CrossLayerRouter.over(math, code).build();

    assertThatThrownBy(() -> RoutingStatistics.of(routed, List.of())).hasMessageContaining("no batch");
  }
}
