package io.modelweave.core.samediff;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.ActivationRecorder;
import io.modelweave.core.Activations;
import io.modelweave.core.Pooling;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class GraphActivationsTest {

  private static final double ROUNDED_ONCE = 1e-6;

  @Test
  void should_record_what_output_returns() {
    SameDiff graph = graph();
    INDArray x = Nd4j.rand(DataType.FLOAT, 2, 5, 3);
    Map<String, INDArray> batch = Map.of("x", x);
    Map<String, INDArray> expected = graph.output(batch, "hidden", "pooled", "grid");

    Activations recorded = ActivationRecorder.of(GraphActivations.of(graph)).layers("hidden", "pooled", "gr*").record(List.of(batch, batch));

    assertThat(GraphActivations.of(graph).activationNames()).containsSubsequence("hidden", "pooled", "grid");
    assertThat(recorded.layers()).containsExactly("hidden", "pooled", "grid");
    assertThat(recorded.sampleIds()).containsExactly("0", "1", "2", "3");
    INDArray mean = expected.get("hidden").mean(1);
    assertThatArray(recorded.get("hidden")).isCloseTo(Nd4j.concat(0, mean, mean), ROUNDED_ONCE);
    assertThatArray(recorded.get("pooled")).isBitEqualTo(Nd4j.concat(0, expected.get("pooled"), expected.get("pooled")));
    INDArray grid = expected.get("grid").reshape(2, 20);
    assertThatArray(recorded.get("grid")).isBitEqualTo(Nd4j.concat(0, grid, grid));
    assertThat(x.wasClosed()).isFalse();
    assertThatArray(graph.output(batch, "hidden").get("hidden")).isBitEqualTo(expected.get("hidden"));
  }

  @Test
  void should_pool_with_the_mask_of_the_batch_which_the_graph_need_not_know() {
    SameDiff graph = graph();
    INDArray x = Nd4j.rand(DataType.FLOAT, 2, 5, 3);
    Map<String, INDArray> batch = Map.of("x", x, "attention_mask", Nd4j.createFromArray(new int[][] {{1, 1, 1, 1, 1}, {1, 1, 0, 0, 0}}));

    Activations last = GraphActivations.of(graph).withMask("attention_mask").activations(List.of(batch), Pooling.LAST, List.of("hidden"));

    INDArray hidden = graph.output(Map.of("x", x), "hidden").get("hidden").reshape(10, 4);
    assertThatArray(last.get("hidden")).isBitEqualTo(hidden.getRows(4, 6));
  }

  @Test
  void should_refuse_layers_behind_dropout_which_same_diff_applies_at_inference_too() {
    SameDiff graph = SameDiff.create();
    SDVariable before = graph.math.tanh("before", graph.placeHolder("x", DataType.FLOAT, -1, 8));
    graph.math.tanh("after", graph.nn.dropout("dropped", before, 0.5));
    Map<String, INDArray> batch = Map.of("x", Nd4j.rand(DataType.FLOAT, 4, 8));
    GraphActivations source = GraphActivations.of(graph);

    assertThat(source.run(batch, List.of("before")).samples()).isEqualTo(4);
    assertThatThrownBy(() -> source.run(batch, List.of("before", "after"))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("layer \"after\" depends on dropout (\"dropped\")");
  }

  @Test
  void should_refuse_unknown_layers_placeholders_and_missing_masks() {
    GraphActivations source = GraphActivations.of(graph());
    INDArray x = Nd4j.rand(DataType.FLOAT, 2, 5, 3);

    assertThatThrownBy(() -> source.run(Map.of("x", x), List.of("hidden", "w"))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no layer [w]").hasMessageContaining("hidden");
    assertThatThrownBy(() -> source.run(Map.of("x", x, "z", x), List.of("hidden"))).hasMessageContaining("no placeholder [z]; it has [x]");
    assertThatThrownBy(() -> source.withMask("m").run(Map.of("x", x), List.of("hidden"))).hasMessageContaining("no mask \"m\", only [x]");
    assertThatThrownBy(() -> source.withMask("m").run(Map.of("x", x, "m", Nd4j.ones(2, 4)), List.of("hidden")))
        .hasMessageContaining("mask is [2, 4]").hasMessageContaining("[2, 5, 4]");
  }

  private static SameDiff graph() {
    Nd4j.getRandom().setSeed(3);
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.placeHolder("x", DataType.FLOAT, -1, 5, 3);
    SDVariable w = graph.var("w", Nd4j.randn(DataType.FLOAT, 3, 4));
    SDVariable hidden = graph.math.tanh("hidden", x.reshape(-1, 3).mmul(w).reshape(-1, 5, 4));
    graph.mean("pooled", hidden, 1);
    graph.expandDims("grid", hidden, 1);
    return graph;
  }
}
