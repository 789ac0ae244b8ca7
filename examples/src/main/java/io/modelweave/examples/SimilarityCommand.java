package io.modelweave.examples;

import io.modelweave.cka.Cka;
import io.modelweave.cka.Comparison;
import io.modelweave.cka.HsicEstimator;
import io.modelweave.cka.Score;
import io.modelweave.cka.Similarities;
import io.modelweave.cka.Similarity;
import io.modelweave.examples.report.JsonFile;
import io.modelweave.examples.report.TextTable;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code similarity}: any measure of the library on two arrays of features of the same samples, in DOUBLE. */
@Command(name = "similarity", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Compares two arrays [n, d] of the same n samples; the widths may differ.")
final class SimilarityCommand implements Runnable {

  private static final Pattern CKA = Pattern.compile("cka(?:-(linear|rbf|laplacian|polynomial|cosine))?(?:-(debiased|biased|lange))?");

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "X.safetensors:NAME", description = "A tensor of a checkpoint.")
  private String x;

  @Parameters(index = "1", paramLabel = "Y.safetensors:NAME", description = "Another.")
  private String y;

  @Option(names = "--metric", defaultValue = "cka", paramLabel = "NAME",
      description = "cka, cka-biased, mutual-knn, pwcca, ...; a wrong name lists all (default: ${DEFAULT-VALUE}).")
  private String metric;

  @Mixin private KernelOptions kernel;

  @Option(names = "--k", paramLabel = "N", description = "Neighbours, of measures that have them.")
  private @Nullable Integer k;

  @Option(names = "--param", paramLabel = "NAME=VALUE",
      description = "Another parameter of the measure: lambda of gulp, variance of svcca, ...")
  private Map<String, Double> parameters = Map.of();

  @Option(names = "--flatten", description = "Read [n, T, d] as [n T, d]: every position is a sample.")
  private boolean flatten;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  SimilarityCommand() {}

  @Override
  public void run() {
    Similarity measure = measure();
    ArrayArgument left = ArrayArgument.parse(x);
    ArrayArgument right = ArrayArgument.parse(y);
    try (INDArray a = left.features(flatten); INDArray b = right.features(flatten)) {
      Comparison comparison = measure.compare(a, b);
      spec.commandLine().getOut().print(json ? JsonFile.text(json(left, right, comparison)) + System.lineSeparator() : table(comparison));
    }
  }

  private Similarity measure() {
    Map<String, Double> all = new TreeMap<>(parameters);
    if (k != null) {
      all.put("k", (double) k);
    }
    Matcher cka = CKA.matcher(metric);
    if (!cka.matches()) {
      Similarity named = Similarities.named(metric, all);
      if (kernel.given()) {
        throw new IllegalArgumentException("%s has no kernel; --kernel, --bandwidth and --degree are of cka".formatted(metric));
      }
      return named;
    }
    if (!all.isEmpty()) {
      throw new IllegalArgumentException("%s has no parameter %s; it has --kernel, --bandwidth and --degree"
          .formatted(metric, String.join(", ", all.keySet())));
    }
    KernelOptions.Family family = cka.group(1) == null ? null : KernelOptions.Family.valueOf(cka.group(1).toUpperCase(Locale.ROOT));
    HsicEstimator estimator = cka.group(2) == null ? HsicEstimator.DEBIASED : HsicEstimator.valueOf(cka.group(2).toUpperCase(Locale.ROOT));
    return Cka.of(kernel.kernel(family)).estimator(estimator).inDouble().exactStandardError();
  }

  private Map<String, @Nullable Object> json(ArrayArgument left, ArrayArgument right, Comparison comparison) {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    object.put("metric", metric);
    object.put("x", left.toString());
    object.put("y", right.toString());
    if (comparison instanceof Score score) {
      object.put("kernel", score.kernel());
      object.put("estimator", score.estimator().name().toLowerCase(Locale.ROOT));
    }
    numbers(comparison).forEach((name, value) ->
        object.put(name, value instanceof Double number && !Double.isFinite(number) ? null : value));
    object.put("warnings", comparison.warnings());
    return object;
  }

  private String table(Comparison comparison) {
    TextTable table = new TextTable(metric, "");
    numbers(comparison).forEach((name, value) -> table.row(name, value instanceof Number number ? decimal(number) : value));
    StringBuilder text = new StringBuilder(table.toString());
    comparison.warnings().forEach(warning -> text.append("note: ").append(warning).append('\n'));
    return text.toString();
  }

  private static String decimal(Number number) {
    return number instanceof Double value ? String.format(Locale.ROOT, "%.6f", value) : number.toString();
  }

  private static Map<String, Object> numbers(Comparison comparison) {
    if (comparison instanceof Score score) {
      return score.fields();
    }
    Map<String, Object> numbers = new LinkedHashMap<>();
    numbers.put("value", comparison.value());
    numbers.put("n", comparison.n());
    numbers.put("p", comparison.p());
    numbers.put("q", comparison.q());
    return numbers;
  }
}
