package io.modelweave.merge;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.ModelMismatchException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class MergerSameDiffTest {

  @Test
  void should_interpolate_variables_in_a_duplicate() {
    SameDiff a = graph(1, 2f, true);
    SameDiff b = graph(2, 2f, true);
    INDArray wa = a.getVariable("w").getArr().dup();
    INDArray wb = b.getVariable("w").getArr().dup();

    assertThatArray(weight(Merger.interpolate(a, b, 0))).isBitEqualTo(wa);
    assertThatArray(weight(Merger.interpolate(a, b, 1))).isBitEqualTo(wb);
    SameDiff middle = Merger.interpolate(a, b, 0.5);
    assertThatArray(weight(middle)).isBitEqualTo(Merger.interpolate(wa, wb, 0.5));

    INDArray x = Nd4j.ones(DataType.FLOAT, 2, 3);
    INDArray expected = a.outputSingle(Map.of("x", x), "y").add(b.outputSingle(Map.of("x", x), "y")).mul(0.5);
    assertThatArray(middle.outputSingle(Map.of("x", x), "y")).isCloseTo(expected, 1e-5);
    weight(middle).assign(0);
    assertThatArray(weight(a)).isBitEqualTo(wa);
    assertThatArray(weight(b)).isBitEqualTo(wb);
  }

  @Test
  void should_list_every_difference() {
    assertThatThrownBy(() -> Merger.interpolate(graph(1, 2f, true), graph(2, 3f, false), 0.5)).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("constant \"scale\": values differ").hasMessageContaining("is absent against subtract").hasMessageContaining("against absent");
    assertThatThrownBy(() -> Merger.interpolate(graph(1, 2f, true), graph(1, 2f, true), 1.5)).hasMessageContaining("extrapolation");
  }

  private static INDArray weight(SameDiff graph) {
    return graph.getVariable("w").getArr();
  }

  private static SameDiff graph(int seed, float factor, boolean plus) {
    Nd4j.getRandom().setSeed(seed);
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.placeHolder("x", DataType.FLOAT, -1, 3);
    SDVariable w = graph.var("w", Nd4j.randn(DataType.FLOAT, 3, 4));
    SDVariable b = graph.var("b", Nd4j.randn(DataType.FLOAT, 4));
    SDVariable scale = graph.constant("scale", Nd4j.scalar(factor));
    SDVariable product = x.mmul(w);
    (plus ? product.add(b) : product.sub(b)).mul("y", scale);
    return graph;
  }
}
