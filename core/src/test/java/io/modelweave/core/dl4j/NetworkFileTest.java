package io.modelweave.core.dl4j;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.CheckpointFormatException;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;

class NetworkFileTest {

  @TempDir Path folder;

  @Test
  void should_open_the_zip_of_a_network_as_a_checkpoint() throws IOException {
    MultiLayerNetwork network = network();
    network.fit(data());
    Path zip = save(network, "network.zip");

    try (Checkpoint opened = Checkpoint.open(zip); Checkpoint expected = NetworkWeights.checkpoint(network)) {
      assertSame(opened, expected);
      assertThatArray(NetworkWeights.withWeights(network(), opened).params()).isBitEqualTo(network.params());
    }
    try (Checkpoint opened = NetworkFile.openWithUpdater(zip); Checkpoint expected = NetworkWeights.checkpointWithUpdater(network)) {
      assertThat(opened.names()).contains("1_mean", "updater.0_W.V");
      assertSame(opened, expected);
    }
  }

  @Test
  void should_open_the_zip_of_a_graph_as_a_checkpoint() throws IOException {
    ComputationGraph graph = graph();
    graph.fit(data());
    Path zip = save(graph, "graph.zip");

    try (Checkpoint opened = Checkpoint.open(zip); Checkpoint expected = NetworkWeights.checkpoint(graph)) {
      assertSame(opened, expected);
    }
    try (Checkpoint opened = NetworkFile.openWithUpdater(zip); Checkpoint expected = NetworkWeights.checkpointWithUpdater(graph)) {
      assertSame(opened, expected);
    }
  }

  @Test
  void should_recognise_network_zips_only() throws IOException {
    Path other = zip("other.zip", "data.pkl", "x");
    Path text = Files.writeString(folder.resolve("text.zip"), "not a zip");

    assertThat(NetworkFile.recognises(save(network(), "n.bin"))).isTrue();
    assertThat(NetworkFile.recognises(other)).isFalse();
    assertThat(NetworkFile.recognises(text)).isFalse();
    assertThat(NetworkFile.recognises(folder)).isFalse();
    assertThat(NetworkFile.recognises(folder.resolve("absent"))).isFalse();
    assertThatThrownBy(() -> NetworkFile.open(text)).isInstanceOf(CheckpointFormatException.class).hasMessageContaining("text.zip");
    assertThatThrownBy(() -> NetworkFile.open(other)).isInstanceOf(CheckpointFormatException.class).hasMessageContaining("no configuration.json");
  }

  @Test
  void should_say_what_is_wrong_with_a_damaged_zip() throws IOException {
    Path noParameters = zip("none.zip", "configuration.json", "{\"confs\": []}");
    Path noNetwork = zip("foreign.zip", "configuration.json", "{\"layers\": []}", "coefficients.bin", "");
    Path noJson = zip("text.zip", "configuration.json", "confs", "coefficients.bin", "");
    Path broken = zip("broken.zip", "configuration.json", "{\"confs\": [{\"layer\": {\"@class\": \"my.Layer\"}}]}", "coefficients.bin", "abc");

    assertThatThrownBy(() -> Checkpoint.open(noParameters)).isInstanceOf(CheckpointFormatException.class)
        .hasMessageContaining("none.zip").hasMessageContaining("saved without parameters");
    assertThatThrownBy(() -> Checkpoint.open(noNetwork)).isInstanceOf(CheckpointFormatException.class).hasMessageContaining("neither \"confs\" nor \"vertices\"");
    assertThatThrownBy(() -> Checkpoint.open(noJson)).isInstanceOf(CheckpointFormatException.class).hasMessageContaining("configuration.json");
    assertThatThrownBy(() -> Checkpoint.open(broken)).isInstanceOf(CheckpointFormatException.class)
        .hasMessageContaining("broken.zip").hasMessageContaining("DL4J cannot restore the MultiLayerNetwork");
  }

  @Test
  void should_name_the_artefact_to_add_when_dl4j_is_not_there() throws Exception {
    Path zip = save(network(), "n.zip");
    List<URL> withoutDl4j = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      if (!entry.contains("deeplearning4j")) {
        withoutDl4j.add(Path.of(entry).toUri().toURL());
      }
    }
    try (URLClassLoader loader = new URLClassLoader(withoutDl4j.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      var open = loader.loadClass(Checkpoint.class.getName()).getMethod("open", Path.class);

      assertThatThrownBy(() -> open.invoke(null, zip)).cause().isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("n.zip").hasMessageContaining("org.deeplearning4j:deeplearning4j-nn");
    }
  }

  private static void assertSame(Checkpoint actual, Checkpoint expected) {
    assertThat(actual.names()).isEqualTo(expected.names());
    assertThat(actual.metadata()).isEqualTo(expected.metadata());
    expected.names().forEach(name -> assertThatArray(actual.tensor(name)).isBitEqualTo(expected.tensor(name)));
  }

  private Path save(Model model, String name) throws IOException {
    ModelSerializer.writeModel(model, folder.resolve(name).toFile(), true);
    return folder.resolve(name);
  }

  private Path zip(String name, String... entriesAndContents) throws IOException {
    Path file = folder.resolve(name);
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (int i = 0; i < entriesAndContents.length; i += 2) {
        zip.putNextEntry(new ZipEntry(entriesAndContents[i]));
        zip.write(entriesAndContents[i + 1].getBytes(StandardCharsets.UTF_8));
      }
    }
    return file;
  }

  private static DataSet data() {
    return new DataSet(Nd4j.rand(DataType.FLOAT, 6, 4), Nd4j.eye(3).castTo(DataType.FLOAT).getRows(0, 1, 2, 0, 1, 2));
  }

  private static MultiLayerNetwork network() {
    MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder().seed(1).updater(new Nesterovs(0.1)).list()
        .layer(new DenseLayer.Builder().nIn(4).nOut(5).build())
        .layer(new BatchNormalization.Builder().nOut(5).build())
        .layer(new OutputLayer.Builder().nIn(5).nOut(3).build()).build());
    network.init();
    return network;
  }

  private static ComputationGraph graph() {
    ComputationGraph graph = new ComputationGraph(new NeuralNetConfiguration.Builder().seed(1).updater(new Nesterovs(0.1)).graphBuilder()
        .addInputs("in").addLayer("dense", new DenseLayer.Builder().nIn(4).nOut(5).build(), "in")
        .addLayer("out", new OutputLayer.Builder().nIn(5).nOut(3).build(), "dense").setOutputs("out").build());
    graph.init();
    return graph;
  }
}
