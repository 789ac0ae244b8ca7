package io.modelweave.examples.paper;

import io.modelweave.examples.paper.lab.DataFiles;
import io.modelweave.examples.paper.lab.DataFiles.Source;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that name texts, all of them or none. */
final class DataOptions {

  @Option(names = "--pretrain", paramLabel = "FILE",
      description = "Pretraining text: .txt, .jsonl, or .json of token ids; generated if no file is given.")
  private @Nullable Path pretrain;

  @Option(names = "--math", paramLabel = "FILE", description = "Text of the first specialist.")
  private @Nullable Path math;

  @Option(names = "--code", paramLabel = "FILE", description = "Text of the second specialist.")
  private @Nullable Path code;

  @Option(names = "--target", paramLabel = "FILE", description = "Text that needs both.")
  private @Nullable Path target;

  @Option(names = "--pretrain-fields", split = ",", paramLabel = "NAME",
      description = "Fields of a .jsonl file, joined by a space (default: text).")
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

  DataOptions() {}

  /**
   * Returns the files; empty if no option is given.
   *
   * @throws IllegalArgumentException naming the options that are missing
   */
  Optional<DataFiles> files() {
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
      return Optional.empty();
    }
    if (pretrain == null || math == null || code == null || target == null) {
      throw new IllegalArgumentException("the data options go together: %s missing".formatted(String.join(", ", missing)));
    }
    return Optional.of(new DataFiles(new Source(pretrain, pretrainFields), new Source(math, mathFields), new Source(code, codeFields),
        new Source(target, targetFields), tokenizer));
  }
}
