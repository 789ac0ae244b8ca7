package io.modelweave.merge;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.merge.engine.MergeOptions;
import io.modelweave.merge.engine.Source;
import io.modelweave.merge.engine.TensorJob;
import io.modelweave.merge.method.ParameterSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** All methods against mergekit 0.1.4 (commit a6e4028, torch 2.13.0 on CPU); the files say which inputs and parameters. */
class MergekitParityTest {

  private static final double F32_OF_MAXIMUM = 1e-6;
  /** mergekit computes BF16 merges in BF16, so that only its selections and its order of magnitude are to be met. */
  private static final double BF16_OF_MAXIMUM = 0x1p-6;
  private static final Set<String> SELECTING = Set.of("ties", "breadcrumbs", "breadcrumbs_ties", "sce", "arcee_fusion", "ram",
      "ramplus_tl");

  static Stream<Arguments> cases() throws IOException {
    JsonNode all = new JsonMapper().readTree(MergekitParityTest.class.getResource("/mergekit/merge-cases.json"));
    return StreamSupport.stream(all.path("cases").spliterator(), false)
        .map(node -> Arguments.of(node.path("file").asText() + " " + node.path("expected").asText(), node));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void should_agree_with_mergekit(String name, JsonNode node) {
    try (Checkpoint file = open(node.path("file").asText())) {
      double[] expected = PlainCheckpoint.doubles(file, node.path("expected").asText());

      double[] actual = merge(file, node);

      double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
      if (file.info("x0").type() == ElementType.F32) {
        assertThat(worst(actual, expected)).isLessThanOrEqualTo(F32_OF_MAXIMUM * largest);
      } else {
        assertBfloat16(file, node, actual, expected, largest);
      }
    }
  }

  /** The result is that of the same merge in double, rounded once; mergekit's own is near, except where its BF16 selects others. */
  private static void assertBfloat16(Checkpoint file, JsonNode node, double[] actual, double[] expected, double largest) {
    double[] precise = merge(widened(file), node);
    String method = node.path("method").asText();
    int elsewhere = 0;
    for (int i = 0; i < actual.length; i++) {
      elsewhere += Math.abs(actual[i] - precise[i]) <= ulp(precise[i]) ? 0 : 1;
    }
    assertThat(elsewhere).as("elements off the double result").isLessThanOrEqualTo(SELECTING.contains(method) ? actual.length / 50 : 0);
    if (method.equals("arcee_fusion")) {
      return; // there mergekit's divergences, small differences of BF16 sums, are mostly rounding errors
    }
    long different = IntStream.range(0, actual.length).filter(i -> Math.abs(actual[i] - expected[i]) > BF16_OF_MAXIMUM * largest).count();
    assertThat(different).as("elements off mergekit's").isLessThanOrEqualTo(SELECTING.contains(method) ? actual.length / 25 : 0);
  }

  private static double ulp(double value) {
    return value == 0 ? 0x1p-133 : Math.max(0x1p-133, Math.scalb(1.0, Math.getExponent(value) - 7));
  }

  private static double[] merge(Checkpoint file, JsonNode node) {
    String method = node.path("method").asText();
    List<Source> models = StreamSupport.stream(node.path("inputs").spliterator(), false).map(input -> new Source(file, input.asText()))
        .toList();
    Source base = node.has("base") ? new Source(file, node.path("base").asText()) : null;
    TensorJob job = TensorJob.merge("y", Mergekit.method(method), models, base, parameters(node));
    try (Checkpoint result = MergePlan.of(List.of(job), MergeOptions.defaults().withThreads(2)).merge()) {
      return PlainCheckpoint.doubles(result, "y");
    }
  }

  private static ParameterSource parameters(JsonNode node) {
    return (tensor, model, parameter) -> {
      JsonNode value = switch (parameter) {
        case "weight" -> node.path("weights").path(model);
        case "density" -> node.path("densities").path(model);
        case "nuslerp_flatten" -> node.path("flatten");
        case "nuslerp_row_wise" -> node.path("row_wise");
        default -> node.path(parameter);
      };
      return value.isMissingNode() ? OptionalDouble.empty()
          : OptionalDouble.of(value.isBoolean() ? value.asBoolean() ? 1 : 0 : value.asDouble());
    };
  }

  private static Checkpoint widened(Checkpoint file) {
    PlainCheckpoint wide = new PlainCheckpoint();
    for (String name : List.of("base", "x0", "x1", "x2")) {
      wide.with(name, ElementType.F64, file.info(name).shape(), PlainCheckpoint.doubles(file, name));
    }
    return wide;
  }

  private static double worst(double[] actual, double[] expected) {
    return IntStream.range(0, expected.length).mapToDouble(i -> Math.abs(actual[i] - expected[i])).max().orElseThrow();
  }

  private static Checkpoint open(String name) {
    try {
      return Checkpoint.open(Path.of(MergekitParityTest.class.getResource("/mergekit/" + name).toURI()));
    } catch (URISyntaxException e) {
      throw new UncheckedIOException(new IOException(e));
    }
  }
}
