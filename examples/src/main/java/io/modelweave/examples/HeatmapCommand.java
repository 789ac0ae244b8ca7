package io.modelweave.examples;

import io.modelweave.cka.Cka;
import io.modelweave.cka.CkaMatrix;
import io.modelweave.cka.HsicEstimator;
import io.modelweave.cka.Score;
import io.modelweave.core.ActivationRecorder;
import io.modelweave.core.Activations;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.Pooling;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.examples.report.TextTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code heatmap}: CKA of every layer of a model with every layer of another, on a text. */
@Command(name = "heatmap", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Layer by layer CKA of two models on a text: heatmap.png, heatmap.csv and heatmap.json.")
final class HeatmapCommand implements Runnable {

  private static final Pattern LAYER = Pattern.compile("layer \"[^\"]*\" of [ab]");

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "MODEL_A", description = "A model in Hugging Face layout: the rows.")
  private Path pathA;

  @Parameters(index = "1", paramLabel = "MODEL_B", description = "Another: the columns.")
  private Path pathB;

  @Mixin private TextOptions text;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder of the three files, which are replaced.")
  private Path out;

  @Option(names = "--layers", split = ",", defaultValue = "block.*.output", paramLabel = "PATTERN",
      description = "Layers by name or pattern, such as block.*.mlp (default: ${DEFAULT-VALUE}).")
  private List<String> layers;

  @Option(names = "--pooling", defaultValue = "mean", paramLabel = "HOW", converter = PoolingConverter.class,
      description = "What is a sample: mean or last for a window, tokens or stride:K for positions (default: ${DEFAULT-VALUE}).")
  private Pooling pooling;

  @Mixin private KernelOptions kernel;

  @Option(names = "--estimator", defaultValue = "debiased", description = "debiased, biased or lange (default: ${DEFAULT-VALUE}).")
  private HsicEstimator estimator;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  HeatmapCommand() {}

  /** Reads a pooling. */
  static final class PoolingConverter implements ITypeConverter<Pooling> {

    @Override
    public Pooling convert(String text) {
      return switch (text) {
        case "mean" -> Pooling.MEAN;
        case "last" -> Pooling.LAST;
        case "tokens" -> Pooling.ALL_TOKENS;
        default -> {
          if (!text.matches("stride:\\d{1,9}")) {
            throw new TypeConversionException("\"%s\" is no pooling: give mean, last, tokens or stride:K".formatted(text));
          }
          yield Pooling.stride(Integer.parseInt(text.substring("stride:".length())));
        }
      };
    }
  }

  @Override
  public void run() {
    Cka cka = Cka.of(kernel.kernel(null)).estimator(estimator);
    if (Files.exists(out) && !Files.isDirectory(out)) {
      throw new IllegalArgumentException("%s is a file; --out needs a folder".formatted(out));
    }
    Map<Path, LanguageModel> models = new LinkedHashMap<>();
    models.put(pathA, LanguageModel.load(pathA));
    models.put(pathB, LanguageModel.load(pathB));
    List<TokenBatch> batches = text.batches(models);
    try (Activations a = record(models.get(pathA), pathA, batches); Activations b = record(models.get(pathB), pathB, batches)) {
      CkaMatrix map = cka.heatMap(a, b).named(name(pathA), name(pathB));
      write(map);
      print(map);
    }
  }

  private static String name(Path model) {
    return String.valueOf(model.toAbsolutePath().normalize().getFileName());
  }

  private Activations record(LanguageModel model, Path path, List<TokenBatch> batches) {
    try (Progress progress = Progress.of("run " + name(path), batches.size())) {
      return ActivationRecorder.of(model).layers(layers).pooling(pooling)
          .record(() -> batches.stream().peek(batch -> progress.step()).iterator());
    }
  }

  private void write(CkaMatrix map) {
    try {
      Files.createDirectories(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    map.writePng(out.resolve("heatmap.png"));
    map.writeCsv(out.resolve("heatmap.csv"));
    map.writeJson(out.resolve("heatmap.json"));
  }

  private void print(CkaMatrix map) {
    TextTable table = new TextTable("layer of a", "most similar of b", "CKA", "standard error", "biased", "by chance");
    map.bestMatches().forEach(match -> {
      Score s = match.score();
      table.row(match.layerA(), match.layerB(), s.value(), s.standardError(), s.biased(), s.nullFloor());
    });
    StringBuilder report = new StringBuilder(table.toString());
    warnings(map).forEach(warning -> report.append("note: ").append(warning).append('\n'));
    spec.commandLine().getOut().print(report);
    spec.commandLine().getOut().printf("%d samples; heatmap.png, heatmap.csv and heatmap.json are in %s.%n", map.score(0, 0).n(), out);
  }

  /** Returns one of each kind of warning, with how many layers it is of: those of pairs differ by their numbers only. */
  private static List<String> warnings(CkaMatrix map) {
    Map<String, Map<String, String>> kinds = new TreeMap<>();
    IntStream.range(0, map.layersA().size()).forEach(i -> IntStream.range(0, map.layersB().size())
        .forEach(j -> map.score(i, j).warnings().forEach(warning -> {
          Matcher layer = LAYER.matcher(warning);
          String name = layer.find() ? layer.group() : "";
          String kind = warning.replace(name, "").replaceAll("[0-9.]+", "#");
          kinds.computeIfAbsent(kind, unknown -> new LinkedHashMap<>()).putIfAbsent(name, warning);
        })));
    return kinds.values().stream().map(byLayer -> byLayer.values().iterator().next()
        + (byLayer.size() == 1 ? "" : " (and %d more layers like it)".formatted(byLayer.size() - 1))).toList();
  }
}
