package io.modelweave.core.samediff;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.checkpoint.CheckpointFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

class GraphFileTest {

  @TempDir Path folder;

  @Test
  void should_open_both_kinds_of_files_as_checkpoints() throws IOException {
    SameDiff graph = trained(1, 3);
    graph.save(folder.resolve("graph.sd").toFile(), true);
    graph.asFlatFile(folder.resolve("graph.fb").toFile());

    for (String name : new String[] {"graph.sd", "graph.fb"}) {
      try (Checkpoint opened = Checkpoint.open(folder.resolve(name)); Checkpoint expected = GraphWeights.checkpoint(graph)) {
        assertSame(opened, expected);
        assertThat(opened.names()).containsExactly("b", "w");
      }
    }
    try (Checkpoint opened = GraphFile.openWithUpdater(folder.resolve("graph.sd")); Checkpoint expected = GraphWeights.checkpointWithUpdater(graph)) {
      assertThat(opened.names()).containsExactly("b", "w", "updater.b.M", "updater.b.V", "updater.w.M", "updater.w.V");
      assertThat(opened.metadata()).containsEntry("iteration", "3");
      assertSame(opened, expected);
    }
  }

  @Test
  void should_continue_training_from_a_checkpoint_bit_for_bit() {
    SameDiff source = trained(1, 3);
    SameDiff target = trained(2, 1);

    try (Checkpoint checkpoint = GraphWeights.checkpointWithUpdater(source)) {
      SameDiff loaded = GraphWeights.withWeights(target, checkpoint);
      assertThat(target.getTrainingConfig().getIterationCount()).isEqualTo(1);
      fit(loaded, 1);
      fit(source, 1);

      assertThatArray(loaded.getVariable("w").getArr()).isBitEqualTo(source.getVariable("w").getArr());
      assertThatArray(loaded.getVariable("b").getArr()).isBitEqualTo(source.getVariable("b").getArr());
    }
  }

  @Test
  void should_refuse_updater_state_for_a_graph_without_an_updater() {
    try (Checkpoint checkpoint = GraphWeights.checkpointWithUpdater(trained(1, 1))) {
      assertThatThrownBy(() -> GraphWeights.withWeights(trained(2, 0), checkpoint)).isInstanceOf(ModelMismatchException.class)
          .hasMessageContaining("\"updater.w.M\": F32 [3, 2] only in the second");
      Map<String, INDArray> tensors = new LinkedHashMap<>();
      checkpoint.names().forEach(name -> tensors.put(name, checkpoint.tensor(name)));
      assertThatThrownBy(() -> GraphWeights.withWeights(trained(2, 1), Checkpoint.of(tensors))).hasMessageContaining("\"iteration\" is null");
    }
    try (Checkpoint untrained = GraphWeights.checkpointWithUpdater(trained(1, 0))) {
      assertThat(untrained.names()).containsExactly("b", "w");
    }
  }

  @Test
  void should_say_which_file_is_no_graph() throws IOException {
    trained(1, 0).save(folder.resolve("graph.sd").toFile(), false);
    byte[] bytes = Files.readAllBytes(folder.resolve("graph.sd"));

    for (int length : new int[] {0, 3, 100, bytes.length / 2}) {
      Path cut = Files.write(folder.resolve("cut.sd"), Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> Checkpoint.open(cut)).isInstanceOf(CheckpointFormatException.class).hasMessageContaining("cut.sd")
          .hasMessageContaining("SameDiff cannot read");
    }
    Path text = Files.writeString(folder.resolve("text.fb"), "x".repeat(1000));
    assertThatThrownBy(() -> Checkpoint.open(text)).isInstanceOf(CheckpointFormatException.class).hasMessageContaining("text.fb");
    assertThat(GraphFile.recognises(folder.resolve("absent.sd"))).isFalse();
  }

  private static void assertSame(Checkpoint actual, Checkpoint expected) {
    assertThat(actual.names()).isEqualTo(expected.names());
    assertThat(actual.metadata()).isEqualTo(expected.metadata());
    expected.names().forEach(name -> assertThatArray(actual.tensor(name)).isBitEqualTo(expected.tensor(name)));
  }

  private static SameDiff trained(int seed, int steps) {
    Nd4j.getRandom().setSeed(seed);
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.placeHolder("x", DataType.FLOAT, -1, 3);
    SDVariable y = graph.placeHolder("y", DataType.FLOAT, -1, 2);
    SDVariable w = graph.var("w", Nd4j.randn(DataType.FLOAT, 3, 2));
    SDVariable b = graph.var("b", Nd4j.randn(DataType.FLOAT, 2));
    graph.loss.meanSquaredError("loss", y, graph.math.tanh("h", x.mmul(w).add(b)), null);
    graph.setLossVariables("loss");
    graph.setTrainingConfig(TrainingConfig.builder().updater(new Adam(0.01)).dataSetFeatureMapping("x").dataSetLabelMapping("y").build());
    fit(graph, steps);
    return graph;
  }

  private static void fit(SameDiff graph, int steps) {
    Nd4j.getRandom().setSeed(9);
    for (int step = 0; step < steps; step++) {
      graph.fit(new DataSet(Nd4j.rand(DataType.FLOAT, 4, 3), Nd4j.rand(DataType.FLOAT, 4, 2)));
    }
  }
}
