package io.modelweave.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.transformer.Gpt2Configuration;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The commands that compare: numbers are those of closed forms and of other tools, and what cannot be compared is refused in one line. */
class SimilarityCommandsTest {

  private static final int N = 24;
  private static final int P = 5;

  @TempDir Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private String x = "";
  private String y = "";

  @BeforeEach
  void write_features() {
    double[][] left = new double[N][P];
    double[][] right = new double[N][7];
    for (int i = 0; i < N; i++) {
      for (int j = 0; j < P; j++) {
        left[i][j] = Math.sin(0.5 + 0.7 * i + 1.1 * j + 0.13 * i * j);
      }
      for (int j = 0; j < right[i].length; j++) {
        right[i][j] = Math.cos(0.3 + 0.9 * i - 0.4 * j + 0.07 * i * j) + 0.5 * left[i][j % P];
      }
    }
    x = tensor("x", "layer:0", Nd4j.createFromArray(left));
    y = tensor("y", "features", Nd4j.createFromArray(right));
  }

  @Test
  void should_print_all_that_is_known_of_a_cka_as_json() throws IOException {
    JsonNode json = similarity();

    assertThat(json.path("metric").asText()).isEqualTo("cka");
    assertThat(json.path("kernel").asText()).isEqualTo("linear");
    assertThat(json.path("estimator").asText()).isEqualTo("debiased");
    assertThat(json.path("value").asDouble()).isCloseTo(0.467309723987, within(1e-10));
    assertThat(json.path("debiased").asDouble()).isEqualTo(json.path("value").asDouble());
    assertThat(json.path("biased").asDouble()).isCloseTo(0.539815369171, within(1e-10));
    assertThat(json.path("lange").asDouble()).isCloseTo(0.470587153288, within(1e-10));
    assertThat(json.path("nullFloor").asDouble()).isCloseTo(0.147600589144, within(1e-10));
    assertThat(json.path("z").asDouble()).isCloseTo(7.428416393, within(1e-8));
    assertThat(json.path("standardError").asDouble()).isPositive();
    assertThat(List.of(json.path("n").asInt(), json.path("p").asInt(), json.path("q").asInt())).containsExactly(N, P, 7);
    assertThat(json.path("bandwidthX").isNull()).isTrue();
    assertThat(json.path("warnings").get(0).asText()).startsWith("only 24 samples");
  }

  @ParameterizedTest
  @CsvSource({
      "--metric cka --kernel rbf --bandwidth median, 0.426638666459", "--metric cka-biased --kernel rbf --bandwidth median, 0.549457957719",
      "--metric cka-rbf, 0.426638666459", "--kernel RBF --bandwidth 1, 0.176573352569", "--kernel rbf --bandwidth kornblith:0.5, 0.265339983323",
      "--kernel rbf --bandwidth lower-kornblith, 0.425291053517", "--kernel rbf --bandwidth median-of-squares, 0.426638769291",
      "--kernel rbf --bandwidth half-mean-of-squares, 0.381372466805", "--kernel rbf --bandwidth half-lower-median-of-squares, 0.374268931259",
      "--kernel rbf --bandwidth half-width, 0.366885204391", "--metric cka-biased --kernel polynomial, 0.538182638843",
      "--metric cka-cosine, 0.447331098009", "--metric mutual-knn --k 5, 0.475", "--metric pwcca, 0.926668743403",
      "--metric gulp --param lambda=0.01, 2.286329644743", "--metric svcca --param variance=0.9, 0.754624451370"})
  void should_compare_by_any_measure(String options, double expected) throws IOException {
    assertThat(similarity(options.split(" ")).path("value").asDouble()).isCloseTo(expected, within(1e-9));
  }

  @Test
  void should_print_a_table_for_people() {
    assertThat(run("similarity", x, y)).isZero();

    assertThat(out.toString(UTF_8)).startsWith("cka").contains("value                0.467310").contains("note: only 24 samples");
  }

  @Test
  void should_read_positions_as_samples_when_asked() throws IOException {
    String positions = tensor("x3", "layer", Nd4j.rand(DataType.FLOAT, 6, 4, 3));

    assertRefused("is [6, 4, 3], not [n, d]; add --flatten to compare all of its 24 positions", "similarity", positions, y);
    assertThat(run("similarity", positions, y, "--flatten", "--json")).isZero();
    assertThat(new ObjectMapper().readTree(out.toByteArray()).path("n").asInt()).isEqualTo(N);
  }

  @Test
  void should_say_why_arrays_cannot_be_compared() {
    String broken = tensor("broken", "t", Nd4j.createFromArray(new double[][] {{1, 2}, {3, Double.NaN}, {5, 6}, {7, 8}}));
    String few = tensor("few", "t", Nd4j.rand(DataType.FLOAT, 3, 2));

    assertRefused("1 that are not, the first is NaN at row 1, column 1", "similarity", broken, broken);
    assertRefused("needs at least 4 samples, but there are 3", "similarity", few, few);
    assertRefused("x is [24, 5], y is [3, 2]", "similarity", x, few);
    assertRefused("is [4], but a comparison needs features [n, d]", "similarity", tensor("v", "t", Nd4j.rand(DataType.FLOAT, 4)), y);
    assertRefused("gone", "similarity", x + "gone", y);
    assertRefused("names no tensor", "similarity", folder.resolve("x.safetensors").toString(), y);
    assertRefused("is not FILE:NAME", "similarity", "nowhere:t", y);
  }

  @Test
  void should_say_which_options_do_not_go_together() {
    assertRefused("there is no measure \"ckaa\"; there are cca, cka, ", "similarity", x, y, "--metric", "ckaa");
    assertRefused("cka has no parameter k", "similarity", x, y, "--k", "3");
    assertRefused("pwcca has no kernel", "similarity", x, y, "--metric", "pwcca", "--kernel", "rbf");
    assertRefused("has the kernel rbf, but --kernel is linear", "similarity", x, y, "--metric", "cka-rbf", "--kernel", "linear");
    assertRefused("--bandwidth is of the kernels rbf and laplacian", "similarity", x, y, "--bandwidth", "2");
    assertRefused("--degree is of the kernel polynomial", "similarity", x, y, "--degree", "2");
    assertRefused("is no bandwidth: give a number or one of median", "similarity", x, y, "--kernel", "rbf", "--bandwidth", "wide");
    assertRefused("must be a finite number above 0", "similarity", x, y, "--kernel", "rbf", "--bandwidth", "0");
  }

  @Test
  void should_give_no_value_for_a_constant_side() throws IOException {
    y = tensor("constant", "t", Nd4j.ones(DataType.FLOAT, N, 2));

    JsonNode json = similarity();

    assertThat(json.path("value").isNull()).isTrue();
    assertThat(json.path("status").asText()).isEqualTo("DEGENERATE");
    assertThat(json.path("warnings").toString()).contains("y is constant over the samples");
  }

  @Test
  void should_map_the_layers_of_two_models_on_ids() throws IOException {
    Path ids = Files.writeString(folder.resolve("ids.json"), "{\"input_ids\": " + Arrays.deepToString(GoldenModels.batch().ids()) + "}");
    Path map = folder.resolve("map");

    assertThat(run("heatmap", GoldenModels.directory("gpt2-math").toString(), GoldenModels.directory("gpt2-code").toString(),
        "--ids", ids.toString(), "--pooling", "tokens", "--out", map.toString())).isZero();

    assertThat(out.toString(UTF_8)).contains("block.0.output").contains("heatmap.png");
    assertThat(ImageIO.read(map.resolve("heatmap.png").toFile()).getWidth()).isGreaterThan(300);
    assertThat(Files.readAllLines(map.resolve("heatmap.csv"))).hasSize(17).first().asString().startsWith("layerA,layerB,value,");
    JsonNode json = new ObjectMapper().readTree(map.resolve("heatmap.json").toFile());
    assertThat(json.path("layersA").size()).isEqualTo(4);
    assertThat(json.at("/values/0/0").asDouble()).isBetween(0.0, 1.0);
  }

  @Test
  void should_map_a_model_on_the_bytes_of_a_text() throws IOException {
    Path model = save("bytes", 257, 1);
    Path text = Files.writeString(folder.resolve("text.txt"), "the cat sat on the mat and the dog ran to the sea. ".repeat(20));
    Path map = folder.resolve("map");

    assertThat(run("heatmap", model.toString(), save("other", 257, 2).toString(), "--text", text.toString(),
        "--windows", "20", "--length", "12", "--layers", "block.*.mlp", "--kernel", "rbf", "--pooling", "stride:4", "--out", map.toString())).isZero();

    assertThat(out.toString(UTF_8)).contains("60 samples").contains("block.1.mlp");
    assertThat(new ObjectMapper().readTree(map.resolve("heatmap.json").toFile()).path("kernel").asText()).isEqualTo("rbf(median d)");
  }

  @Test
  void should_use_the_tokenizer_beside_a_model_unless_two_disagree() throws IOException {
    Path a = save("a", 4, 1);
    Path b = save("b", 4, 2);
    Path text = Files.writeString(folder.resolve("text.txt"), "a b b a a a b ".repeat(40));
    Files.writeString(a.resolve("tokenizer.json"), words("\"a\": 0, \"b\": 1"));
    String[] request = {"heatmap", a.toString(), b.toString(), "--text", text.toString(), "--windows", "10", "--length", "8",
        "--out", folder.resolve("map").toString()};

    assertThat(run(request)).isZero();

    Files.writeString(b.resolve("tokenizer.json"), words("\"a\": 1, \"b\": 0"));
    assertRefused("read the text differently; name one with --tokenizer", request);
  }

  @Test
  void should_say_once_what_is_true_of_many_layers() throws IOException {
    Path model = save("bytes", 257, 1);
    Path text = Files.writeString(folder.resolve("text.txt"), "the cat sat on the mat and the dog ran to the sea. ".repeat(20));

    assertThat(run("heatmap", model.toString(), model.toString(), "--text", text.toString(), "--windows", "8", "--length", "12",
        "--out", folder.resolve("map").toString())).isZero();

    assertThat(out.toString(UTF_8)).containsOnlyOnce("note: only 8 samples");
    assertThat(out.toString(UTF_8).lines().filter(line -> line.startsWith("note: ")).map(line -> line.replaceAll("[0-9.]+", "#")))
        .doesNotHaveDuplicates();
  }

  private static String words(String vocabulary) {
    return "{\"version\": \"1.0\", \"added_tokens\": [], \"pre_tokenizer\": {\"type\": \"Whitespace\"}, "
        + "\"model\": {\"type\": \"WordLevel\", \"unk_token\": \"?\", \"vocab\": {" + vocabulary + ", \"?\": 2, \"</s>\": 3}}}";
  }

  @Test
  void should_say_why_there_is_no_map_and_write_nothing() throws IOException {
    String model = save("bytes", 257, 1).toString();
    String small = save("small", 61, 1).toString();
    String text = Files.writeString(folder.resolve("text.txt"), "too short a text").toString();
    Path map = folder.resolve("map");

    assertRefused("give a text with --text, or token ids with --ids", heatmap(model, model));
    assertRefused("has 2 windows of 8 tokens, not 128", heatmap(model, model, "--text", text, "--length", "8"));
    assertRefused("--length is 99, but the models have a context of 16", heatmap(model, model, "--text", text, "--length", "99"));
    assertRefused("knows ids below 61, but the text as bytes has 120", heatmap(model, small, "--text", text));
    assertRefused("block.9.mlp", heatmap(model, model, "--text", text, "--length", "4", "--windows", "4", "--layers", "block.9.mlp"));
    assertRefused("at least 4 samples", heatmap(model, model, "--text", text, "--length", "4", "--windows", "3"));
    assertRefused("is a file; --out needs a folder", "heatmap", model, model, "--text", text, "--out", text);
    assertRefused("is no pooling", heatmap(model, model, "--text", text, "--pooling", "max"));
    assertThat(map).doesNotExist();
  }

  private String[] heatmap(String a, String b, String... options) {
    return Stream.concat(Stream.of("heatmap", a, b, "--out", folder.resolve("map").toString()), Stream.of(options)).toArray(String[]::new);
  }

  private JsonNode similarity(String... options) throws IOException {
    String[] request = Stream.concat(Stream.of("similarity", x, y, "--json"), Stream.of(options)).toArray(String[]::new);
    assertThat(run(request)).as(err.toString(UTF_8)).isZero();
    return new ObjectMapper().readTree(out.toByteArray());
  }

  private String tensor(String file, String name, INDArray values) {
    Path path = folder.resolve(file + ".safetensors");
    try (Checkpoint checkpoint = Checkpoint.of(Map.of(name, values))) {
      checkpoint.write(path);
    }
    return path + ":" + name;
  }

  private Path save(String name, int vocabulary, long seed) {
    LanguageModel.random(Gpt2Configuration.of(vocabulary, 16, 16, 2, 2), seed).save(folder.resolve(name));
    return folder.resolve(name);
  }

  private void assertRefused(String part, String... arguments) {
    out.reset();
    err.reset();
    assertThat(run(arguments)).isEqualTo(2);
    assertThat(err.toString(UTF_8).lines().toList()).as(err.toString(UTF_8)).hasSize(1).first().asString()
        .contains(part).doesNotContain("Exception");
    assertThat(out.toString(UTF_8)).isEmpty();
  }

  private int run(String... arguments) {
    return Main.run(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), arguments);
  }
}
