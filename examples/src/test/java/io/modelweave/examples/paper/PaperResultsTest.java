package io.modelweave.examples.paper;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelweave.cka.Cka;
import io.modelweave.cka.Score;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.transformer.Gpt2Configuration;
import io.modelweave.examples.paper.PaperResults.Routing;
import io.modelweave.examples.paper.Snapshot.Retention;
import io.modelweave.merge.ActivationMerger;
import io.modelweave.moe.CrossLayerRouter;
import io.modelweave.moe.LayerWindow;
import io.modelweave.moe.RoutedModel;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class PaperResultsTest {

  @Test
  void should_find_the_critical_step_where_the_merged_loss_turns_for_good() {
    assertThat(PaperResults.criticalStep(snapshots(1.9, 1.7, 1.6, 1.7, 2.1))).map(Snapshot::step).contains(2);
    assertThat(PaperResults.criticalStep(snapshots(1.9, 1.6, 1.66, 1.61))).map(Snapshot::step).contains(1);
    assertThat(PaperResults.criticalStep(snapshots(1.0, 1.2))).map(Snapshot::step).contains(0);
  }

  @Test
  void should_find_no_critical_step_while_the_merged_loss_falls_or_hardly_rises() {
    assertThat(PaperResults.criticalStep(snapshots(1.9, 1.7, 1.6))).isEmpty();
    assertThat(PaperResults.criticalStep(snapshots(1.9, 1.6, 1.64))).isEmpty();
    assertThat(PaperResults.criticalStep(snapshots(1.9))).isEmpty();
  }

  @Test
  void should_count_parameters_held_and_applied() {
    int layers = 3;
    int width = 8;
    LanguageModel base = LanguageModel.random(Gpt2Configuration.of(7, 4, width, layers, 2), 1);
    long mlps = layers * (2L * width * 4 * width + 4 * width + width);
    RoutedModel alone = CrossLayerRouter.over(base, base.copy()).window(LayerWindow.upThenDown(1)).build();
    RoutedModel across = CrossLayerRouter.over(base, base.copy()).window(LayerWindow.upThenDown(3)).build();

    List<ModelSize> sizes = ModelSize.of(base, List.of(routing(1, alone), routing(3, across)));

    long one = base.parameterCount();
    assertThat(sizes).extracting(ModelSize::total).containsExactly(one, one, one + mlps, 2 * one,
        one + mlps + layers * 2L * width, one + mlps + layers * 6L * width);
    assertThat(sizes).extracting(ModelSize::active).containsExactly(one, one, one + mlps, 2 * one,
        one + mlps + layers * 2L * width, one + 5 * mlps + layers * 6L * width);
    assertThat(ActivationMerger.interpolate(base, base.copy(), 0.5).parameterCount()).isEqualTo(sizes.get(2).total());
  }

  private static Routing routing(int window, RoutedModel model) {
    return new Routing(window, 1, model.routerParameterCount(), model.languageModel().parameterCount());
  }

  private static List<Snapshot> snapshots(double... mergedLosses) {
    INDArray features = Nd4j.rand(DataType.DOUBLE, 8, 2);
    Score score = Cka.linear().compare(features, features);
    return IntStream.range(0, mergedLosses.length).mapToObj(step -> new Snapshot(step, 1, 1,
        Map.of(0.0, 3.0, 0.5, mergedLosses[step], 1.0, 3.0), Map.of(0.5, 1.0), 1, 1, new Retention(1, 1, 1), score, score)).toList();
  }
}
