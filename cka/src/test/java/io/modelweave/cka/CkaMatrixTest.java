package io.modelweave.cka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelweave.core.Activations;
import io.modelweave.core.BatchWorkers;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class CkaMatrixTest {

  private static final double CLOSE = 1e-10;

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(Computation.class)
  void should_hold_the_score_of_each_pair(Computation form) {
    Activations a = model("a", 3, 0);
    Activations b = model("b", 4, 0.5);

    CkaMatrix map = Cka.linear().computation(form).heatMap(a, b);

    assertThat(map.layersA()).containsExactly("a.0", "a.1", "a.2");
    assertThat(map.layersB()).containsExactly("b.0", "b.1", "b.2", "b.3");
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 4; j++) {
        Score pair = Cka.linear().compare(a.get("a." + i), b.get("b." + j));
        assertThat(map.value(i, j)).isCloseTo(pair.value(), within(CLOSE));
        assertThat(map.score("a." + i, "b." + j).biased()).isCloseTo(pair.biased(), within(CLOSE));
        assertThat(map.score(i, j).standardError()).isCloseTo(pair.standardError(), within(CLOSE));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Computation.class)
  void should_not_depend_on_the_number_of_workers(Computation form) {
    Activations a = model("a", 3, 0);
    Activations b = model("b", 4, 0.5);
    Cka linear = Cka.linear().computation(form).tile(7);
    Cka rbf = Cka.rbf(Bandwidth.median()).tile(7);

    for (int threads : new int[] {2, 3}) {
      BatchWorkers workers = new BatchWorkers(threads);
      assertThat(linear.workers(workers).heatMap(a, b).toJson()).isEqualTo(linear.heatMap(a, b).toJson());
      assertThat(rbf.workers(workers).heatMap(a, b).toJson()).isEqualTo(rbf.heatMap(a, b).toJson());
      assertThat(rbf.workers(workers).heatMap(a).toJson()).isEqualTo(rbf.heatMap(a).toJson());
    }
  }

  @Test
  void should_be_symmetric_with_ones_on_the_diagonal_within_a_model() {
    Activations a = model("a", 4, 0);

    CkaMatrix within = Cka.linear().heatMap(a);
    CkaMatrix against = Cka.linear().heatMap(a, a);

    for (int i = 0; i < 4; i++) {
      assertThat(within.value(i, i)).isEqualTo(1);
      for (int j = 0; j < 4; j++) {
        assertThat(within.value(i, j)).isEqualTo(within.value(j, i)).isCloseTo(against.value(i, j), within(CLOSE));
        assertThat(within.score(i, j).p()).isEqualTo(against.score(i, j).p());
        assertThat(within.score(i, j).participationRatioX()).isCloseTo(against.score(i, j).participationRatioX(), within(CLOSE));
      }
    }
  }

  @Test
  void should_match_each_layer_with_its_noisy_twin() {
    CkaMatrix map = Cka.linear().heatMap(model("a", 4, 0), model("b", 4, 0.3));

    assertThat(map.bestMatches()).extracting(LayerMatch::layerB).containsExactly("b.0", "b.1", "b.2", "b.3");
    assertThat(map.bestMatch(2)).hasValueSatisfying(match -> {
      assertThat(match.layerA()).isEqualTo("a.2");
      assertThat(match.score()).isEqualTo(map.score(2, 2));
    });
  }

  @Test
  void should_keep_going_past_a_constant_layer() throws IOException {
    CkaMatrix map = withConstantLayer();

    assertThat(map.score(1, 0).status()).isEqualTo(Score.Status.DEGENERATE);
    assertThat(map.score(1, 0).warnings())
        .containsExactly("layer \"dead\" of a is constant over the samples: it has no similarity to anything");
    assertThat(map.value(0, 0)).isEqualTo(1);
    assertThat(map.bestMatch(1)).isEmpty();
    assertThat(map.bestMatches()).extracting(LayerMatch::layerA).containsExactly("alive");
    assertThat(map.toMarkdown()).isEqualTo("| a \\ b | alive | dead |\n|---|---:|---:|\n| alive | 1.000 | - |\n| dead | - | - |\n");
    map.writePng(folder.resolve("dead.png"));
    assertThat(ImageIO.read(folder.resolve("dead.png").toFile())).isNotNull();
  }

  @Test
  void should_name_the_layer_that_cannot_be_compared() {
    INDArray bad = Features.array(Features.gaussian(1, 8, 3));
    bad.putScalar(4, 1, Double.NaN);
    Activations good = Activations.of(Map.of("good", Features.array(Features.gaussian(2, 8, 3))));

    assertThatThrownBy(() -> Cka.linear().heatMap(good, Activations.of(Map.of("bad", bad))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("layer \"bad\" of b").hasMessageContaining("row 4, column 1");
    assertThatThrownBy(() -> Cka.linear().heatMap(good, Activations.of(Map.of("other", Nd4j.rand(9, 3)))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("8 samples against 9");
    assertThatThrownBy(() -> Cka.linear().heatMap(Activations.of(Map.of("few", Nd4j.rand(3, 3)))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 4 samples, but there are 3");
  }

  @Test
  void should_name_the_layers_there_are() {
    assertThatThrownBy(() -> withConstantLayer().score("alive", "missing"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no layer \"missing\"; there are [alive, dead]");
  }

  @Test
  void should_write_every_pair_as_csv() throws IOException {
    Map<String, INDArray> layers = new LinkedHashMap<>();
    layers.put("plain", Features.array(Features.gaussian(1, 9, 3)));
    layers.put("with \"quotes\", and comma", Features.array(Features.gaussian(2, 9, 4)));
    CkaMatrix map = Cka.linear().heatMap(Activations.of(layers));
    Path file = folder.resolve("map.csv");

    map.writeCsv(file);
    map.writeCsv(file);

    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(5);
    assertThat(lines.get(0)).isEqualTo("layerA,layerB,value,debiased,biased,lange,nullFloor,permutationSd,z,standardError,"
        + "participationRatioX,participationRatioY,n,p,q,bandwidthX,bandwidthY,status");
    Score s = map.score(0, 1);
    assertThat(lines.get(2)).startsWith(
        "plain,\"with \"\"quotes\"\", and comma\"," + s.value() + "," + s.debiased() + "," + s.biased() + ",")
        .endsWith(",9,3,4,NaN,NaN,OK");
    assertThat(names(folder)).containsExactly("map.csv");
  }

  @Test
  void should_write_every_number_as_json() throws IOException {
    CkaMatrix map = withConstantLayer();
    Path file = folder.resolve("map.json");

    map.writeJson(file);

    JsonNode json = new ObjectMapper().readTree(file.toFile());
    assertThat(json.get("kernel").asText()).isEqualTo("linear");
    assertThat(json.get("estimator").asText()).isEqualTo("DEBIASED");
    assertThat(json.get("layersB").get(1).asText()).isEqualTo("dead");
    assertThat(json.get("values").get(0).get(0).asDouble()).isEqualTo(1);
    assertThat(json.get("values").get(1).get(0).isNull()).isTrue();
    JsonNode first = json.get("scores").get(0);
    assertThat(first.get("nullFloor").asDouble()).isEqualTo(map.score(0, 0).nullFloor());
    assertThat(first.get("n").asInt()).isEqualTo(40);
    assertThat(first.get("q").asInt()).isEqualTo(3);
    assertThat(json.get("scores").get(1).get("status").asText()).isEqualTo("DEGENERATE");
    assertThat(json.get("scores").get(1).get("warnings").get(0).asText()).contains("\"dead\" of b is constant");
  }

  @Test
  void should_write_a_picture_that_can_be_read_back() throws IOException {
    CkaMatrix map = Cka.linear().heatMap(model("a", 5, 0), model("b", 7, 0.7));
    Path file = folder.resolve("map.png");

    map.writePng(file, "A title");

    BufferedImage image = ImageIO.read(file.toFile());
    assertThat(image.getWidth()).isGreaterThan(7 * 52);
    assertThat(image.getHeight()).isGreaterThan(5 * 52);
    assertThat(colors(image)).contains(0xffffff);
    assertThat(colors(image).size()).isGreaterThan(50);
    assertThat(names(folder)).containsExactly("map.png");
  }

  @Test
  void should_draw_a_map_of_many_layers_in_a_bounded_picture() throws IOException {
    Map<String, INDArray> layers = new LinkedHashMap<>();
    for (int i = 0; i < 90; i++) {
      layers.put("transformer.encoder.layer." + i + ".attention.output.dense", Features.array(Features.gaussian(i, 6, 2)));
    }

    Cka.linear().heatMap(Activations.of(layers)).writePng(folder.resolve("many.png"));

    assertThat(ImageIO.read(folder.resolve("many.png").toFile()).getWidth()).isBetween(1000, 2500);
  }

  @Test
  void should_say_where_a_file_cannot_be_written() {
    Path file = folder.resolve("missing").resolve("map.csv");

    assertThatThrownBy(() -> withConstantLayer().writeCsv(file))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("missing").hasMessageContaining("folder must exist");
  }

  private static CkaMatrix withConstantLayer() {
    Map<String, INDArray> layers = new LinkedHashMap<>();
    layers.put("alive", Features.array(Features.gaussian(1, 40, 3)));
    layers.put("dead", Nd4j.ones(40, 5));
    Activations activations = Activations.of(layers);
    return Cka.linear().heatMap(activations, activations);
  }

  /** Layers that drift: each is the one before plus noise, and {@code noise} sets two models apart. */
  private static Activations model(String name, int depth, double noise) {
    Map<String, INDArray> layers = new LinkedHashMap<>();
    double[][] x = Features.gaussian(100, 60, 8);
    for (int i = 0; i < depth; i++) {
      x = Features.plus(x, Features.gaussian(200 + i, 60, 8), 0.9);
      layers.put(name + "." + i, Features.array(Features.plus(x, Features.gaussian(300 + i, 60, 8), noise)));
    }
    return Activations.of(layers);
  }

  private static java.util.Set<Integer> colors(BufferedImage image) {
    java.util.Set<Integer> colors = new java.util.HashSet<>();
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        colors.add(image.getRGB(x, y) & 0xffffff);
      }
    }
    return colors;
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
