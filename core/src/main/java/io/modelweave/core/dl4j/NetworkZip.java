package io.modelweave.core.dl4j;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.CheckpointFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;

/** Restores the network in a zip, copies its weights and lets it go. */
final class NetworkZip {

  private static final JsonMapper JSON = new JsonMapper();

  private NetworkZip() {}

  static Checkpoint read(Path file, boolean updater) {
    boolean graph = holdsGraph(file);
    try {
      return graph ? readGraph(file, updater) : readNetwork(file, updater);
    } catch (IOException | RuntimeException e) { // DL4J's readers throw whatever the damage leads to
      throw new CheckpointFormatException(file, 0, "DL4J cannot restore the %s in this zip: %s; was it cut short, or does it need layers that are not on the class path?"
          .formatted(graph ? "ComputationGraph" : "MultiLayerNetwork", e), e);
    }
  }

  private static Checkpoint readGraph(Path file, boolean updater) throws IOException {
    ComputationGraph graph = ModelSerializer.restoreComputationGraph(file.toFile(), updater);
    try {
      return updater ? NetworkWeights.checkpointWithUpdater(graph) : NetworkWeights.checkpoint(graph);
    } finally {
      graph.close();
    }
  }

  private static Checkpoint readNetwork(Path file, boolean updater) throws IOException {
    MultiLayerNetwork network = ModelSerializer.restoreMultiLayerNetwork(file.toFile(), updater);
    try {
      return updater ? NetworkWeights.checkpointWithUpdater(network) : NetworkWeights.checkpoint(network);
    } finally {
      network.close();
    }
  }

  /** A stack of layers is a list of "confs", a graph has "vertices". */
  private static boolean holdsGraph(Path file) {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      ZipEntry entry = zip.getEntry(NetworkFile.CONFIGURATION);
      if (entry == null) {
        throw new CheckpointFormatException(file, 0, "there is no %s in this zip; is it a DL4J network?".formatted(NetworkFile.CONFIGURATION), null);
      }
      JsonNode configuration;
      try (InputStream in = zip.getInputStream(entry)) {
        configuration = JSON.readTree(in);
      }
      if (zip.getEntry(ModelSerializer.COEFFICIENTS_BIN) == null) {
        throw new CheckpointFormatException(file, 0, "the network in this zip was saved without parameters: there is no "
            + ModelSerializer.COEFFICIENTS_BIN, null);
      }
      if (!configuration.has("confs") && !configuration.has("vertices")) {
        throw new CheckpointFormatException(file, 0, "%s has neither \"confs\" nor \"vertices\", so this is no network of DL4J"
            .formatted(NetworkFile.CONFIGURATION), null);
      }
      return configuration.has("vertices");
    } catch (IOException e) {
      throw new CheckpointFormatException(file, 0, "cannot read the zip or its %s: %s".formatted(NetworkFile.CONFIGURATION, e.getMessage()), e);
    }
  }
}
