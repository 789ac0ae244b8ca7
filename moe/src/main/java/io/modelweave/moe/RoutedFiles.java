package io.modelweave.moe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelweave.core.AtomicFile;
import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Routed models on disk: {@code routers.safetensors}, and {@code routing.json}, which is written last and names options, experts, and where
 * the models are, each with a checksum of its MLPs.
 */
final class RoutedFiles {

  private static final String FORMAT = "modelweave-routing-1";
  private static final ObjectMapper JSON = new ObjectMapper();

  private RoutedFiles() {}

  /** Writes a model and all models that its experts come from. */
  static void saveBundle(RoutedModel routed, Path directory) {
    requireAbsent(directory);
    List<Path> places = new ArrayList<>();
    for (int m = 0; m < routed.models().size(); m++) {
      places.add(Path.of("models", Integer.toString(m)));
      routed.models().get(m).save(directory.resolve(places.get(m)));
    }
    write(routed, directory, places);
  }

  /** Writes a model without its experts. */
  static void saveReferences(RoutedModel routed, Path directory, List<Path> checkpoints) {
    if (checkpoints.size() != routed.models().size()) {
      throw new IllegalArgumentException("%d checkpoints for %d models; name one for each, the host's first"
          .formatted(checkpoints.size(), routed.models().size()));
    }
    requireAbsent(directory);
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot create " + directory, e);
    }
    write(routed, directory, checkpoints.stream().map(Path::toAbsolutePath).map(Path::normalize).toList());
  }

  private static void requireAbsent(Path directory) {
    try {
      AtomicFile.requireAbsent(directory.resolve("routing.json"), false);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot save the routed model", e);
    }
  }

  private static void write(RoutedModel routed, Path directory, List<Path> places) {
    Checkpoint.of(routed.routerParameters()).write(directory.resolve("routers.safetensors"), true);
    ObjectNode json = JSON.createObjectNode().put("format", FORMAT);
    json.set("options", JSON.valueToTree(routed.options()));
    ArrayNode models = json.putArray("models");
    for (int m = 0; m < places.size(); m++) {
      models.addObject().put("path", places.get(m).toString()).put("mlp_crc32c", checksum(routed.models().get(m)));
    }
    ArrayNode windows = json.putArray("windows");
    routed.blocks().forEach(block -> {
      ArrayNode window = windows.addArray();
      block.experts().stream().map(Expert::layer).distinct().forEach(window::add);
    });
    AtomicFile.write(directory.resolve("routing.json"), (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the model that {@link #saveBundle} or {@link #saveReferences} wrote. */
  static RoutedModel load(Path directory) {
    Path file = directory.resolve("routing.json");
    try {
      JsonNode json = JSON.readTree(Files.readString(file));
      if (!json.path("format").asText().equals(FORMAT)) {
        throw new IllegalArgumentException("%s: format is %s, this library reads \"%s\"".formatted(file, json.path("format"), FORMAT));
      }
      List<LanguageModel> models = new ArrayList<>();
      for (JsonNode model : json.path("models")) {
        models.add(model(directory.resolve(model.path("path").asText()), model.path("mlp_crc32c").asText()));
      }
      Map<Integer, List<Integer>> windows = new LinkedHashMap<>();
      for (JsonNode window : json.path("windows")) {
        List<Integer> layers = new ArrayList<>();
        window.forEach(layer -> layers.add(layer.asInt()));
        windows.put(windows.size(), layers);
      }
      RouterOptions options = JSON.treeToValue(json.path("options"), RouterOptions.class);
      RoutedModel routed = CrossLayerRouter.over(models.toArray(LanguageModel[]::new)).window(LayerWindow.explicit(windows))
          .options(o -> options).build();
      readRouters(routed, directory.resolve("routers.safetensors"));
      return routed;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("%s is not what this library writes: %s".formatted(file, e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read %s; a routed model is a directory with routing.json and routers.safetensors"
          .formatted(file), e);
    }
  }

  private static LanguageModel model(Path place, String expected) {
    LanguageModel model = LanguageModel.load(place);
    String found = checksum(model);
    if (!found.equals(expected)) {
      throw new ModelMismatchException("%s is not the model that the routers were trained over"
          .formatted(place), List.of("the checksum of its MLPs is %s, routing.json says %s".formatted(found, expected)));
    }
    return model;
  }

  private static void readRouters(RoutedModel routed, Path file) {
    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      List<String> problems = new ArrayList<>();
      routed.routerParameters().forEach((name, array) -> {
        if (!checkpoint.contains(name)) {
          problems.add("\"%s\" is missing".formatted(name));
        } else if (!checkpoint.info(name).shape().equals(Arrays.stream(array.shape()).boxed().toList())) {
          problems.add("\"%s\" is %s, routing.json says %s".formatted(name, checkpoint.info(name).shape(), Arrays.toString(array.shape())));
        }
      });
      if (!problems.isEmpty()) {
        throw new ModelMismatchException("%s does not hold the routers that routing.json describes".formatted(file), problems);
      }
      routed.routerParameters().forEach((name, array) -> {
        try (INDArray stored = checkpoint.tensor(name)) {
          array.assign(stored);
        }
      });
    }
  }

  private static String checksum(LanguageModel model) {
    CRC32C sum = new CRC32C();
    for (int layer = 0; layer < model.configuration().layers(); layer++) {
      for (INDArray array : model.feedForward(layer).parameters().values()) {
        try (INDArray copy = array.dup('c')) {
          float[] values = copy.data().asFloat();
          ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length);
          bytes.asFloatBuffer().put(values);
          sum.update(bytes);
        }
      }
    }
    return "%08x".formatted(sum.getValue());
  }
}
