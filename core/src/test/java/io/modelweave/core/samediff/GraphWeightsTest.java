package io.modelweave.core.samediff;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class GraphWeightsTest {

  @Test
  void should_carry_variables_from_graph_to_graph_bit_for_bit() {
    SameDiff source = graph(1);
    SameDiff target = graph(2);
    INDArray before = target.getVariable("w").getArr().dup();

    SameDiff loaded = GraphWeights.withWeights(target, GraphWeights.checkpoint(source));

    assertThat(GraphWeights.checkpoint(source).names()).containsExactly("b", "w");
    assertThat(GraphWeights.checkpoint(source, VariableType.CONSTANT).names()).containsExactly("scale");
    assertThatArray(loaded.getVariable("w").getArr()).isBitEqualTo(source.getVariable("w").getArr());
    assertThatArray(target.getVariable("w").getArr()).isBitEqualTo(before);
    Map<String, INDArray> input = Map.of("x", Nd4j.ones(DataType.FLOAT, 2, 3));
    assertThatArray(loaded.output(input, "y").get("y")).isBitEqualTo(source.output(input, "y").get("y"));
    loaded.getVariable("w").getArr().assign(0);
    assertThatArray(target.getVariable("w").getArr()).isBitEqualTo(before);
  }

  @Test
  void should_list_everything_that_does_not_fit() {
    Checkpoint weights = Checkpoint.of(Map.of("w", Nd4j.ones(DataType.FLOAT, 2, 2), "c", Nd4j.scalar(1f)));

    assertThatThrownBy(() -> GraphWeights.withWeights(graph(1), weights)).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("3 mismatches").hasMessageContaining("\"w\": F32 [3, 4] against F32 [2, 2]").hasMessageContaining("only in the second");
    assertThatThrownBy(() -> GraphWeights.checkpoint(graph(1), VariableType.ARRAY)).hasMessageContaining("ARRAY");
  }

  private static SameDiff graph(int seed) {
    Nd4j.getRandom().setSeed(seed);
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.placeHolder("x", DataType.FLOAT, -1, 3);
    SDVariable w = graph.var("w", Nd4j.randn(DataType.FLOAT, 3, 4));
    SDVariable b = graph.var("b", Nd4j.randn(DataType.FLOAT, 4));
    SDVariable scale = graph.constant("scale", Nd4j.scalar(2f));
    x.mmul(w).add(b).mul("y", scale);
    return graph;
  }
}
