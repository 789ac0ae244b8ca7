package io.modelweave.examples;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.nd4j.linalg.api.ndarray.INDArray;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code activations}: hidden states, MLP outputs and logits of a model on given token ids, as a safetensors file. */
@Command(name = "activations", mixinStandardHelpOptions = true, description = "Writes block.<l>.output, block.<l>.mlp and logits, each [B, T, ...] FLOAT.")
final class ActivationsCommand implements Runnable {

  private static final Pattern WRITTEN = Pattern.compile("block[.]\\d+[.](output|mlp)|logits");

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "MODEL_DIR", description = "A model in Hugging Face layout.")
  private Path model;

  @Option(names = "--ids", required = true, paramLabel = "FILE.json", description = "{\"input_ids\": [[..], ..]}, rows of one length.")
  private Path ids;

  @Option(names = "--out", required = true, paramLabel = "FILE.safetensors", description = "Must not exist.")
  private Path out;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  ActivationsCommand() {}

  @Override
  public void run() {
    if (Files.exists(out)) {
      throw new IllegalArgumentException("%s is there already; choose another file or remove it".formatted(out));
    }
    TokenBatch batch = TokenBatch.read(ids);
    LanguageModel languageModel = LanguageModel.load(model);
    List<String> written = languageModel.activationNames().stream().filter(WRITTEN.asMatchPredicate()).toList();
    Map<String, INDArray> outputs = languageModel.outputs(batch, written);
    try (Checkpoint checkpoint = Checkpoint.of(outputs, Map.of("model", model.toString()))) {
      checkpoint.write(out);
    }
    spec.commandLine().getOut().printf("%d tensors of %d sequences of %d tokens are in %s.%n", outputs.size(), batch.batch(), batch.length(), out);
  }
}
