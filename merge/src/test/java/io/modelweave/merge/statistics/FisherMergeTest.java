package io.modelweave.merge.statistics;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class FisherMergeTest {

  private static final double CLOSE = 1e-6;

  private final Checkpoint a = Checkpoint.of(tensors(Nd4j.createFromArray(1f, 2f, 3f), Nd4j.createFromArray(0.1f, 0.2f)));
  private final Checkpoint b = Checkpoint.of(tensors(Nd4j.createFromArray(5f, -2f, 7f), Nd4j.createFromArray(0.3f, 0.6f)));
  private final FisherInformation ofA = information(1, 0, 0);
  private final FisherInformation ofB = information(3, 2, 0);

  @Test
  void should_weigh_each_parameter_by_its_information() {
    INDArray w = FisherMerge.defaults().withFloor(0).merge(List.of(a, b), List.of(ofA, ofB)).tensor("w");

    assertThatArray(w).isCloseTo(Nd4j.createFromArray((1 + 3 * 5) / 4f, -2f, 5f), CLOSE);
  }

  @Test
  void should_average_what_has_no_information() {
    Checkpoint merged = FisherMerge.defaults().merge(List.of(a, b), List.of(ofA, ofB), List.of(1.0, 3.0));

    assertThatArray(merged.tensor("v")).isCloseTo(Nd4j.createFromArray(0.25f, 0.5f), CLOSE);
    assertThatArray(merged.tensor("w").getScalar(2).reshape(1)).isCloseTo(Nd4j.createFromArray(6f), CLOSE);
  }

  @Test
  void should_follow_the_formula_with_floor_norm_and_weights() {
    double[] f = {1, 0, 0};
    double[] g = {3, 2, 0};
    double norm = Math.sqrt(13);
    double added = 0.5 * (1.0 / 3 + 5 / norm / 3) / 2;
    float[] expected = new float[3];
    for (int i = 0; i < 3; i++) {
      double left = 2 * (f[i] + added);
      double right = 0.5 * (g[i] / norm + added);
      expected[i] = (float) ((left * a.tensor("w").getDouble(i) + right * b.tensor("w").getDouble(i)) / (left + right));
    }

    Checkpoint merged = new FisherMerge(0.5, true).merge(List.of(a, b), List.of(ofA, ofB), List.of(2.0, 0.5));

    assertThatArray(merged.tensor("w")).isCloseTo(Nd4j.createFromArray(expected), CLOSE);
  }

  @Test
  void should_be_the_mean_for_equal_information_and_the_model_itself_for_one() {
    INDArray w = FisherMerge.defaults().withFloor(0).merge(List.of(a, b), List.of(information(1, 4, 9), information(1, 4, 9))).tensor("w");

    assertThatArray(w).isCloseTo(Nd4j.createFromArray(3f, 0f, 5f), CLOSE);
    for (FisherMerge merge : List.of(FisherMerge.defaults(), new FisherMerge(0, true))) {
      assertThatArray(merge.merge(List.of(b), List.of(ofB)).tensor("w")).isBitEqualTo(b.tensor("w"));
      assertThatArray(merge.merge(List.of(b, b), List.of(ofA, ofB)).tensor("v")).isBitEqualTo(b.tensor("v"));
      assertThatArray(merge.merge(List.of(b, b), List.of(ofA, ofB)).tensor("w")).isBitEqualTo(b.tensor("w"));
    }
  }

  @Test
  void should_not_depend_on_the_unit_of_information() {
    Checkpoint merged = FisherMerge.defaults().withFloor(0.1).merge(List.of(a, b), List.of(ofA, ofB));
    Checkpoint tiny = FisherMerge.defaults().withFloor(0.1)
        .merge(List.of(a, b), List.of(information(1e-12, 0, 0), information(3e-12, 2e-12, 0)));

    assertThatArray(tiny.tensor("w")).isCloseTo(merged.tensor("w"), CLOSE);
  }

  @Test
  void should_name_everything_that_does_not_fit() {
    FisherInformation other = new FisherInformation(Checkpoint.of(Map.of("w", Nd4j.createFromArray(1.0, 2.0))), 1);
    FisherInformation broken = information(1, -1, 0);
    FisherMerge merge = FisherMerge.defaults();
    Checkpoint shorter = Checkpoint.of(Map.of("w", Nd4j.createFromArray(1f)));
    Checkpoint integers = Checkpoint.of(Map.of("w", Nd4j.createFromArray(1, 2, 3)));
    Checkpoint moreIntegers = Checkpoint.of(Map.of("w", Nd4j.createFromArray(1, 2, 4)));

    assertThatThrownBy(() -> merge.merge(List.of(a, b), List.of(ofA, other))).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("information 1, \"w\": [2], but the tensor is [3]");
    assertThatThrownBy(() -> merge.merge(List.of(a, b), List.of(ofA, broken))).hasMessageContaining("information 1, \"w\": holds -1.0");
    assertThatThrownBy(() -> merge.merge(List.of(a, b), List.of(ofA))).hasMessageContaining("there are 2 models and 1");
    assertThatThrownBy(() -> merge.merge(List.of(a, b), List.of(ofA, ofB), List.of(0.0, 0.0))).hasMessageContaining("not all 0");
    assertThatThrownBy(() -> merge.merge(List.of(a, b), List.of(ofA, ofB), List.of(1.0))).hasMessageContaining("2 models and 1 weights");
    assertThatThrownBy(() -> merge.merge(List.of(a, shorter), List.of(ofA, ofB))).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("model 1: \"w\": F32 [3] against F32 [1]").hasMessageContaining("\"v\"");
    assertThatThrownBy(() -> merge.merge(List.of(integers, moreIntegers), List.of(ofA, ofB)))
        .hasMessageContaining("only F32 and F64 are merged");
    assertThatThrownBy(() -> new FisherMerge(-1, false)).hasMessageContaining("floor is -1.0");
  }

  private static FisherInformation information(double... values) {
    return new FisherInformation(Checkpoint.of(Map.of("w", Nd4j.createFromArray(values))), 1);
  }

  private static Map<String, INDArray> tensors(INDArray w, INDArray v) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    tensors.put("w", w);
    tensors.put("v", v);
    return tensors;
  }
}
