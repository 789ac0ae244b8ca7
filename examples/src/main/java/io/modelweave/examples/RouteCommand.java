package io.modelweave.examples;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.examples.RoutingText.Windows;
import io.modelweave.examples.report.CsvFile;
import io.modelweave.examples.report.JsonFile;
import io.modelweave.examples.report.TextTable;
import io.modelweave.moe.CrossLayerRouter;
import io.modelweave.moe.LayerWindow;
import io.modelweave.moe.RoutedModel;
import io.modelweave.moe.RouterInitialization;
import io.modelweave.moe.RouterTraining;
import io.modelweave.moe.RoutingStatistics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code route}: trains a cross-layer router over the MLPs of two models, reports what it learned and saves it. */
@Command(name = "route", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Trains routers over the MLPs of two models on a text; writes the routed model, report.json, losses.csv, routing.csv"
        + " and routing.png.")
final class RouteCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "MODEL_A", description = "The host, in Hugging Face layout.")
  private Path pathA;

  @Parameters(index = "1", paramLabel = "MODEL_B", description = "Another, of the same width and number of layers.")
  private Path pathB;

  @Mixin private RoutingText text;

  @Option(names = "--window", defaultValue = "1", paramLabel = "N",
      description = "Layers that a block routes to, up then down (default: ${DEFAULT-VALUE}).")
  private int window;

  @Option(names = "--top-k", defaultValue = "0", paramLabel = "K",
      description = "Experts kept for each token; 0 for all (default: ${DEFAULT-VALUE}).")
  private int topK;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder of the results; must hold no routed model.")
  private Path out;

  @Option(names = "--steps", defaultValue = "150", description = "Updates (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Option(names = "--learning-rate", defaultValue = "5e-3", description = "Peak of the cosine (default: ${DEFAULT-VALUE}).")
  private double learningRate;

  @Option(names = "--initialization", defaultValue = "OWN_LAYER", description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private RouterInitialization initialization;

  @Option(names = "--renormalise", description = "Divide the kept probabilities by their sum.")
  private boolean renormalise;

  @Option(names = "--balance-loss", defaultValue = "0", description = "Weight of the load-balancing loss (default: ${DEFAULT-VALUE}).")
  private double balanceLoss;

  @Option(names = "--seed", defaultValue = "0", description = "Of windows and initial weights (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--bundle", description = "Write the models' weights too, instead of where they are.")
  private boolean bundle;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  RouteCommand() {}

  @Override
  public void run() {
    if (Files.exists(out.resolve("routing.json"))) {
      throw new IllegalArgumentException("%s holds a routed model already; choose another folder or remove it".formatted(out));
    }
    LanguageModel a = LanguageModel.load(pathA);
    LanguageModel b = LanguageModel.load(pathB);
    RoutedModel routed = CrossLayerRouter.over(a, b).window(LayerWindow.upThenDown(window))
        .options(o -> o.withTopK(topK).withRenormalise(renormalise).withLosses(balanceLoss, 0)
            .withInitialization(initialization, seed)).build();
    RouterTraining training = RouterTraining.of(routed).learningRate(learningRate).steps(steps);
    Windows windows = text.windows(pathA, Math.min(a.configuration().vocabularySize(), b.configuration().vocabularySize()),
        Math.min(a.configuration().contextLength(), b.configuration().contextLength()), seed);

    Map<String, Double> losses = new LinkedHashMap<>();
    losses.put("a", a.loss(windows.heldOut()));
    losses.put("b", b.loss(windows.heldOut()));
    losses.put("untrained", routed.loss(windows.heldOut()));
    List<Double> trained = train(training, windows.training());
    losses.put("routed", routed.loss(windows.heldOut()));
    write(routed, losses, trained, RoutingStatistics.of(routed, windows.heldOut()));
  }

  private List<Double> train(RouterTraining training, Iterable<TokenBatch> batches) {
    try (Progress progress = Progress.of("route", steps)) {
      return training.listener(step -> progress.step(String.format(Locale.ROOT, "loss %.4f", step.loss()))).run(batches);
    }
  }

  private void write(RoutedModel routed, Map<String, Double> losses, List<Double> trained, RoutingStatistics statistics) {
    if (bundle) {
      routed.save(out);
    } else {
      routed.save(out, List.of(pathA, pathB));
    }
    List<List<?>> rows = new ArrayList<>();
    for (int step = 0; step < trained.size(); step++) {
      rows.add(List.of(step + 1, trained.get(step)));
    }
    CsvFile.write(out.resolve("losses.csv"), List.of("step", "training_loss"), rows);
    statistics.writeCsv(out.resolve("routing.csv"));
    statistics.writePng(out.resolve("routing.png"));
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("modelA", pathA.toString());
    report.put("modelB", pathB.toString());
    report.put("window", window);
    report.put("options", routed.options());
    report.put("heldOutLoss", losses);
    report.put("parameters", routed.parameterCounts());
    report.put("heldOutTokens", statistics.tokens());
    report.put("layers", statistics.layers().stream().map(RouteCommand::summary).toList());
    JsonFile.write(out.resolve("report.json"), report);
    print(losses, routed, statistics);
  }

  private static Map<String, Object> summary(RoutingStatistics.Layer layer) {
    Map<String, Object> summary = new LinkedHashMap<>();
    summary.put("layer", layer.layer());
    summary.put("entropy", layer.entropy());
    summary.put("maximumViolation", layer.maximumViolation());
    summary.put("leaving", layer.leaving());
    summary.put("deadExperts", layer.deadExperts());
    summary.put("load", layer.load());
    return summary;
  }

  private void print(Map<String, Double> losses, RoutedModel routed, RoutingStatistics statistics) {
    TextTable models = new TextTable("model", "held-out loss, nats/token");
    Map<String, String> names = Map.of("a", pathA.toString(), "b", pathB.toString(), "untrained", "routed, untrained",
        "routed", "routed, trained");
    losses.forEach((key, loss) -> models.row(names.get(key), loss));
    TextTable layers = new TextTable("block", "entropy", "max violation", "leaving", "dead experts");
    statistics.layers().forEach(layer -> layers.row(layer.layer(), layer.entropy(), layer.maximumViolation(), layer.leaving(),
        layer.deadExperts().size()));
    spec.commandLine().getOut().print(models + "\n" + layers);
    spec.commandLine().getOut().printf(Locale.ROOT,
        "%n%,d parameters, %,d active, %,d trained; the routed model and its report are in %s.%n",
        routed.parameterCounts().total(), routed.parameterCounts().active(), routed.parameterCounts().trained(), out);
  }
}
