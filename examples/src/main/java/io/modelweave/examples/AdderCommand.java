package io.modelweave.examples;

import io.modelweave.core.LanguageModel;
import io.modelweave.examples.report.JsonFile;
import io.modelweave.examples.report.TextTable;
import io.modelweave.merge.ActivationMerger;
import io.modelweave.merge.Merger;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code adder}: what interpolation does to models that add two two-digit numbers. */
@Command(name = "adder", mixinStandardHelpOptions = true,
    description = "Accuracy and cross-entropy of two adding models, of their weight interpolation and of their activation interpolation (host A).")
final class AdderCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "MODEL_A", description = "A model in Hugging Face layout.")
  private Path pathA;

  @Parameters(index = "1", paramLabel = "MODEL_B", description = "Another.")
  private Path pathB;

  @Option(names = "--alpha", defaultValue = "0.5", description = "Weight of model B, in [0, 1] (default: ${DEFAULT-VALUE}).")
  private double alpha;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  AdderCommand() {}

  @Override
  public void run() {
    LanguageModel a = LanguageModel.load(pathA);
    LanguageModel b = LanguageModel.load(pathB);
    Adder.require(pathA.toString(), a);
    Adder.require(pathB.toString(), b);
    LanguageModel weights = Merger.interpolate(a, b, alpha);
    LanguageModel activations = ActivationMerger.interpolate(a, b, alpha);

    Map<String, Adder.Result> results = new LinkedHashMap<>();
    results.put("a", Adder.measure(a));
    results.put("b", Adder.measure(b));
    results.put("weights", Adder.measure(weights));
    results.put("activations", Adder.measure(activations));
    spec.commandLine().getOut().print(json ? JsonFile.text(json(results)) + System.lineSeparator() : table(results));
  }

  private Map<String, Object> json(Map<String, Adder.Result> results) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("modelA", pathA.toString());
    object.put("modelB", pathB.toString());
    object.put("alpha", alpha);
    object.putAll(results);
    return object;
  }

  private String table(Map<String, Adder.Result> results) {
    TextTable table = new TextTable("model", "accuracy", "cross-entropy");
    Map<String, String> names = Map.of("a", pathA.toString(), "b", pathB.toString(), "weights", "weights, alpha " + alpha,
        "activations", "MLP activations, host A, alpha " + alpha);
    results.forEach((key, r) -> table.row(names.get(key), String.format(Locale.ROOT, "%.4f", r.accuracy()),
        String.format(Locale.ROOT, "%.6f", r.crossEntropy())));
    return table.toString();
  }
}
