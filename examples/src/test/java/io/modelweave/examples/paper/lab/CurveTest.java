package io.modelweave.examples.paper.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelweave.cka.Cka;
import io.modelweave.cka.Score;
import io.modelweave.examples.paper.lab.Snapshot.Retention;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class CurveTest {

  @Test
  void should_find_the_critical_step_where_the_merged_loss_turns_for_good() {
    assertThat(curve(1.9, 1.7, 1.6, 1.7, 2.1).criticalStep()).map(Snapshot::step).contains(2);
    assertThat(curve(1.9, 1.6, 1.66, 1.61).criticalStep()).map(Snapshot::step).contains(1);
    assertThat(curve(1.0, 1.2).criticalStep()).map(Snapshot::step).contains(0);
  }

  @Test
  void should_find_no_critical_step_while_the_merged_loss_falls_or_hardly_rises() {
    assertThat(curve(1.9, 1.7, 1.6).criticalStep()).isEmpty();
    assertThat(curve(1.9, 1.6, 1.64).criticalStep()).isEmpty();
    assertThat(curve(1.9).criticalStep()).isEmpty();
  }

  @Test
  void should_take_the_best_for_early_or_those_half_way() {
    assertThat(curve(1.9, 1.6, 1.7, 2.1).early().step()).isEqualTo(1);
    assertThat(curve(1.9, 1.7, 1.6).early().step()).isEqualTo(1);
    assertThat(curve(1.5, 1.7, 1.6, 1.8).early().step()).isEqualTo(2);
  }

  @Test
  void should_know_the_best_interpolation_of_both_kinds() {
    assertThat(curve(1.9, 1.6, 1.7).bestInterpolation()).isEqualTo(1.0);
    assertThat(curve(1.9, 0.6, 1.7).bestInterpolation()).isEqualTo(0.6);
  }

  /** Weights merge to 1 at every step. */
  private static Curve curve(double... mergedLosses) {
    INDArray features = Nd4j.rand(DataType.DOUBLE, 8, 2);
    Score score = Cka.linear().compare(features, features);
    return new Curve(IntStream.range(0, mergedLosses.length).mapToObj(step -> new Snapshot(step, 1, 1,
        Map.of(0.0, 3.0, 0.5, mergedLosses[step], 1.0, 3.0), Map.of(0.5, 1.0), 1, 1, new Retention(1, 1, 1), score, score)).toList());
  }
}
