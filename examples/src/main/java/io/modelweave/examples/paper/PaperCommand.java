package io.modelweave.examples.paper;

import io.modelweave.examples.paper.PaperData.Source;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code paper}: the paper's experiments from end to end, on generated languages or on the user's files. */
@Command(name = "paper", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Pretrains a base, fine-tunes two specialists, merges them over time, measures CKA, trains cross-layer routers.")
public final class PaperCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Option(names = "--scale", defaultValue = "medium", description = "small, medium or large (default: ${DEFAULT-VALUE}).")
  private Scale scale;

  @Option(names = "--seed", defaultValue = "1", description = "Of generation, initialisation and sampling (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "New or empty folder for report.html, figures, CSV and report.json.")
  private Path out;

  @Option(names = "--pretrain", paramLabel = "FILE", description = "Pretraining text, .txt or .jsonl; generated if no file is given.")
  private @Nullable Path pretrain;

  @Option(names = "--math", paramLabel = "FILE", description = "Text of the first specialist.")
  private @Nullable Path math;

  @Option(names = "--code", paramLabel = "FILE", description = "Text of the second specialist.")
  private @Nullable Path code;

  @Option(names = "--target", paramLabel = "FILE", description = "Text that needs both.")
  private @Nullable Path target;

  @Option(names = "--pretrain-fields", split = ",", paramLabel = "NAME", description = "Fields of a .jsonl file, joined by a space (default: text).")
  private List<String> pretrainFields = List.of();

  @Option(names = "--math-fields", split = ",", paramLabel = "NAME", description = "The same for --math.")
  private List<String> mathFields = List.of();

  @Option(names = "--code-fields", split = ",", paramLabel = "NAME", description = "The same for --code.")
  private List<String> codeFields = List.of();

  @Option(names = "--target-fields", split = ",", paramLabel = "NAME", description = "The same for --target.")
  private List<String> targetFields = List.of();

  @Option(names = "--tokenizer", paramLabel = "PATH",
      description = "tokenizer.json, or a folder with GPT-2's encoder.json and vocab.bpe (default: bytes).")
  private @Nullable Path tokenizer;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  PaperCommand() {}

  @Override
  public void run() {
    requireEmpty(out);
    PaperData data = data();
    // Before the minutes of work, not after: a folder that cannot be made must not cost the results.
    create(out);
    PaperResults results = new Experiment(scale, data, seed).run();
    PaperReport report = new PaperReport(results);
    report.write(out);
    spec.commandLine().getOut().print(report.text());
    spec.commandLine().getOut().printf("%nThe report is %s; figures, tables and report.json are beside it.%n", out.resolve("report.html"));
  }

  private PaperData data() {
    Map<String, @Nullable Path> files = new LinkedHashMap<>();
    files.put("--pretrain", pretrain);
    files.put("--math", math);
    files.put("--code", code);
    files.put("--target", target);
    List<String> missing = new ArrayList<>();
    files.forEach((option, file) -> {
      if (file == null) {
        missing.add(option);
      }
    });
    if (missing.size() == files.size()) {
      if (tokenizer != null) {
        throw new IllegalArgumentException("--tokenizer needs the data options; generated text has its own vocabulary");
      }
      return PaperData.generated(seed);
    }
    if (pretrain == null || math == null || code == null || target == null) {
      throw new IllegalArgumentException("the data options go together: %s missing".formatted(String.join(", ", missing)));
    }
    return PaperData.read(new Source(pretrain, pretrainFields), new Source(math, mathFields), new Source(code, codeFields),
        new Source(target, targetFields), tokenizer, scale.textContext(), seed);
  }

  private static void create(Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (!Files.isWritable(directory)) {
      throw new IllegalArgumentException("not allowed to write into %s; choose another folder".formatted(directory));
    }
  }

  private static void requireEmpty(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    if (!Files.isDirectory(directory)) {
      throw new IllegalArgumentException("%s is a file; --out needs a new or empty folder".formatted(directory));
    }
    try (Stream<Path> entries = Files.list(directory)) {
      if (entries.findAny().isPresent()) {
        throw new IllegalArgumentException(
            "%s is not empty; choose another folder or empty it, so that nothing is lost".formatted(directory));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
