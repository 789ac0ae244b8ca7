package io.modelweave.examples.paper.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.cka.Cka;
import io.modelweave.cka.Score;
import io.modelweave.examples.paper.lab.Recipe.Schedule;
import io.modelweave.moe.RouterInitialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

class JournalTest {

  private static final Recipe RECIPE = new Recipe(8, 2, 2, 16, new Schedule(4, 1e-3), new Schedule(4, 1e-3), 4, new Schedule(2, 1e-2),
      new Schedule(2, 1e-3), 4, 4, 0, RouterInitialization.ZERO, 8, 8);

  private static final Duration NEVER = Duration.ofDays(1);

  @TempDir private Path folder;

  record Measured(Map<Double, Double> losses, Score score) {}

  @Test
  void should_do_a_stage_once_and_return_the_same_bits_ever_after() {
    Score score = Cka.linear().compare(Nd4j.rand(DataType.DOUBLE, 8, 3), Nd4j.rand(DataType.DOUBLE, 8, 2)); // has NaN among its numbers
    Measured measured = new Measured(new TreeMap<>(Map.of(0.1, 1 / 3.0, 0.5, Math.nextUp(2.0))), score);

    Measured first = Journal.open(folder, settings(1), NEVER).stage("merging/a", Measured.class, () -> measured);
    Measured second = Journal.open(folder, settings(1), NEVER).stage("merging/a", Measured.class, () -> {
      throw new AssertionError("done before");
    });

    assertThat(first).isEqualTo(measured);
    assertThat(second).isEqualTo(measured);
  }

  @Test
  void should_keep_nothing_of_a_stage_that_fails_and_sum_the_times_of_a_kind() {
    Journal journal = Journal.open(folder, settings(1), NEVER);

    assertThatThrownBy(() -> journal.stage("merging/a", Double.class, () -> {
      throw new IllegalStateException("out of luck");
    })).hasMessage("out of luck");

    assertThat(journal.isDone("merging/a")).isFalse();
    assertThat(journal.stage("merging/a", Double.class, () -> 1.5)).isEqualTo(1.5);
    journal.stage("merging/b", Double.class, () -> 2.5);
    assertThat(journal.seconds()).containsOnlyKeys("merging");
  }

  @Test
  void should_refuse_other_settings_and_say_which() {
    Journal.open(folder, settings(1), NEVER);

    assertThatThrownBy(() -> Journal.open(folder, settings(2), NEVER)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("seed was 1 and is now 2").hasMessageNotContaining("recipe");
  }

  @Test
  void should_name_a_file_that_is_damaged() throws IOException {
    Journal journal = Journal.open(folder, settings(1), NEVER);
    journal.stage("merging/a", Measured.class, () -> new Measured(Map.of(), null));
    Path file = folder.resolve("stages/merging/a.json");
    Files.writeString(file, Files.readString(file).replace("losses", "lasses"));

    assertThatThrownBy(() -> journal.stage("merging/a", Measured.class, () -> null)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a.json").hasMessageContaining("lasses").hasMessageContaining("delete it");
  }

  @Test
  void should_refuse_recipes_that_cannot_work_all_at_once() {
    assertThatThrownBy(() -> new Recipe(8, 2, 2, 1, new Schedule(0, 1e-3), new Schedule(4, 1e-3), 4, new Schedule(2, 1e-2),
        new Schedule(2, 1e-3), 5, 2, 0, RouterInitialization.ZERO, 0, 3)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0 steps").hasMessageContaining("context of 1").hasMessageContaining("5 windows")
        .hasMessageContaining("0 windows to evaluate").hasMessageContaining("CKA of 3");
  }

  @Test
  void should_keep_snapshots_at_steps_that_double_or_at_equal_distances() {
    assertThat(RECIPE.snapshotSteps(100)).containsExactly(0, 5, 10, 20, 40, 80, 100);
    assertThat(RECIPE.firstSteps(100)).containsExactly(0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100);
    assertThat(RECIPE.firstSteps(25)).containsExactly(0, 10, 20);
    Recipe spaced = new Recipe(0, 0, 0, 16, RECIPE.pretraining(), RECIPE.fineTuning(), 4, RECIPE.routing(), RECIPE.direct(), 4, 1, 500,
        RouterInitialization.PAPER, 8, 8);
    assertThat(spaced.snapshotSteps(1750)).containsExactly(0, 500, 1000, 1500, 1750);
  }

  private static Settings settings(long seed) {
    return new Settings("small", seed, "nothing", "00", "none", RECIPE);
  }
}
