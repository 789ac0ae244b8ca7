package io.modelweave.core.transformer;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.FeedForward;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.rows.RowFunction;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.transformer.TransformerGraph.Gradients;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** If Java code in a graph differed from operations of the graph, routed models and jitter would compute and learn something else. */
class RowFunctionTest {

  private static final double CLOSE = 1e-5; // FLOAT, relative to the largest value
  private static final int WIDTH = 8;
  private static final Gpt2Configuration CONFIGURATION = Gpt2Configuration.of(11, 6, WIDTH, 2, 2);

  private final LanguageModel model = LanguageModel.random(CONFIGURATION, 4);
  private final SplittableRandom random = new SplittableRandom(9);

  /** {@code [N, 8]} to {@code [N, 4]}: the left half times {@code factor} times the right half. */
  private static final class HalvesProduct implements RowFunction {

    private final double factor;
    private final List<String> calls = new ArrayList<>();

    HalvesProduct(double factor) {
      this.factor = factor;
    }

    private static INDArray half(INDArray x, int index) {
      return x.get(NDArrayIndex.all(), NDArrayIndex.interval(index * WIDTH / 2, (index + 1) * WIDTH / 2));
    }

    @Override
    public void forward(INDArray input, INDArray output) {
      calls.add("forward");
      output.assign(half(input, 0).mul(half(input, 1)).mul(factor));
    }

    @Override
    public void backward(INDArray input, INDArray outputGradient, INDArray inputGradient) {
      calls.add("backward");
      half(inputGradient, 0).assign(half(input, 1).mul(outputGradient).mul(factor));
      half(inputGradient, 1).assign(half(input, 0).mul(outputGradient).mul(factor));
    }

    @Override
    public void close() {
      calls.add("close");
    }
  }

  /** Both halves of a block's output are the product of the halves of its input, by Java code or by operations of the graph. */
  private record Slot(HalvesProduct function, boolean java) implements FeedForward {

    @Override
    public SDVariable build(BlockGraph graph, SDVariable input) {
      SDVariable product = java ? graph.apply("halves." + graph.layer(), function, input, WIDTH, WIDTH / 2)
          : graph.sameDiff().slice(input, new int[] {0, 0}, -1, WIDTH / 2)
              .mul(graph.sameDiff().slice(input, new int[] {0, WIDTH / 2}, -1, WIDTH / 2)).mul(function.factor);
      return graph.sameDiff().concat(1, product, product);
    }

    @Override
    public Map<String, INDArray> parameters() {
      return Map.of();
    }
  }

  private final HalvesProduct first = new HalvesProduct(0.5);
  private final HalvesProduct second = new HalvesProduct(-2); // of the same shape: nothing but its place tells the two apart

  private LanguageModel model(boolean java) {
    return model.withFeedForwards(List.of(new Slot(first, java), new Slot(second, java)));
  }

  private TokenBatch batch() {
    return new TokenBatch(new int[][] {random.ints(6, 0, 11).toArray(), random.ints(6, 0, 11).toArray()});
  }

  private static Gradients gradients(TransformerGraph graph, TokenBatch batch) {
    int inputs = batch.length() - 1;
    return graph.gradients(batch.columns(0, inputs), batch.columns(1, inputs + 1));
  }

  @Test
  void should_compute_what_operations_of_the_graph_compute() {
    for (int i = 0; i < 3; i++) { // the first run is recorded, the others are repetitions
      TokenBatch batch = batch();

      assertThatArray(model(true).logits(batch)).isRelativelyCloseTo(model(false).logits(batch), CLOSE);
    }
  }

  @Test
  void should_pass_gradients_on_as_operations_of_the_graph_do() {
    Set<String> all = new LinkedHashSet<>(model(true).parameters().keySet());
    try (TransformerGraph java = model(true).trainingGraph(2, 5, all); TransformerGraph plain = model(false).trainingGraph(2, 5, all)) {
      for (int i = 0; i < 3; i++) {
        TokenBatch batch = batch();
        Gradients expected = gradients(plain, batch);
        Gradients actual = gradients(java, batch);

        assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-6));
        actual.byParameter().forEach((name, gradient) ->
            assertThatArray(gradient).as(name).isRelativelyCloseTo(expected.byParameter().get(name), CLOSE));
      }
    }
  }

  @Test
  void should_run_forward_before_backward_and_be_closed_with_the_graph() {
    try (TransformerGraph graph = model(true).trainingGraph(2, 5, Set.of("transformer.wte.weight"))) {
      gradients(graph, batch());
      gradients(graph, batch());
    }

    // The first pass is recorded and then repeated, so that its sums are rounded as those of later ones.
    assertThat(first.calls).containsExactly("forward", "backward", "forward", "backward", "forward", "backward", "close");
  }

  @Test
  void should_know_whether_a_value_depends_on_what_is_trained() {
    List<Boolean> dependent = new ArrayList<>();
    FeedForward asking = new FeedForward() {
      @Override
      public SDVariable build(BlockGraph graph, SDVariable input) {
        dependent.add(graph.hasGradient(input));
        return input;
      }

      @Override
      public Map<String, INDArray> parameters() {
        return Map.of();
      }
    };
    LanguageModel asked = model.withFeedForwards(List.of(asking, asking));

    asked.trainingGraph(2, 5, Set.of("transformer.h.1.attn.c_attn.bias")).close();
    asked.trainingGraph(2, 5, Set.of("transformer.wpe.weight")).close();
    asked.trainingGraph(2, 5, Set.of()).close();

    assertThat(dependent).as("block 0, block 1, in three graphs").containsExactly(false, true, true, true, false, false);
  }
}
