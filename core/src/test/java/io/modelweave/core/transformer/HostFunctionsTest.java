package io.modelweave.core.transformer;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.FeedForward;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.testing.GoldenFamilies;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.transformer.TransformerGraph.Gradients;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** If graphs of ND4J's operations alone, as they run on a GPU, differed from those with Java code, a model would depend on the machine. */
class HostFunctionsTest {

  private static final double CLOSE = 2e-5; // FLOAT, relative to the largest value

  static Stream<String> families() {
    return Stream.concat(Stream.of("gpt2-base", "gpt2-gelu-untied"), GoldenFamilies.UNUSUAL.stream());
  }

  @ParameterizedTest
  @MethodSource("families")
  void should_compute_what_operations_of_nd4j_compute(String name) {
    boolean gpt2 = name.startsWith("gpt2");
    LanguageModel model = gpt2 ? GoldenModels.load(name) : GoldenFamilies.load(name);
    TokenBatch batch = gpt2 ? GoldenModels.batch() : GoldenFamilies.batch(name);
    int inputs = batch.length() - 1;
    int[] ids = batch.columns(0, inputs);
    int[] targets = batch.columns(1, inputs + 1);
    try (TransformerGraph host = graph(model, batch.batch(), inputs, true);
        TransformerGraph device = graph(model, batch.batch(), inputs, false)) {
      for (int run = 0; run < 2; run++) { // the first is recorded, the second a repetition
        Gradients expected = device.gradients(ids, targets);
        Gradients actual = host.gradients(ids, targets);

        assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-6));
        actual.byParameter().forEach((parameter, gradient) ->
            assertThatArray(gradient).as(parameter).isRelativelyCloseTo(expected.byParameter().get(parameter), CLOSE));
        assertThat(host.tokenLosses(ids, targets)).containsExactly(device.tokenLosses(ids, targets), within(2e-6f));
      }
      List<String> names = List.of("block.0.attention", "block.1.output", TransformerGraph.LOGITS);
      Map<String, INDArray> expected = device.outputs(ids, names);
      host.outputs(ids, names).forEach((layer, value) ->
          assertThatArray(value).as(layer).isRelativelyCloseTo(expected.get(layer), CLOSE));
    }
  }

  private static TransformerGraph graph(LanguageModel model, int batch, int length, boolean onHost) {
    TransformerConfiguration configuration = model.configuration();
    Map<String, INDArray> weights = model.parameters();
    List<FeedForward> feedForwards = IntStream.range(0, configuration.layers())
        .<FeedForward>mapToObj(layer -> configuration.feedForward(layer, weights)).toList();
    Set<String> all = weights.keySet();
    return new TransformerGraph(configuration, weights, feedForwards, batch, length, all, onHost);
  }
}
