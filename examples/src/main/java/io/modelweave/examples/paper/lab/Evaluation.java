package io.modelweave.examples.paper.lab;

import io.modelweave.core.Activations;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.Pooling;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.text.TokenStream;
import java.util.List;
import java.util.stream.IntStream;

/** Measures models on validation text: every model on the same windows. Safe for use by several threads. */
public final class Evaluation {

  private static final int BATCH = 16;
  /** Numbers in the logits of one batch; a large vocabulary is evaluated in smaller batches. */
  private static final long LOGITS = 1 << 25;
  private static final int SAMPLES_AT_ONCE = 16;
  private static final long WINDOW_SEED = 1;
  private static final long SAMPLE_SEED = 5;

  private final PaperData data;
  private final Recipe recipe;

  Evaluation(PaperData data, Recipe recipe) {
    this.data = data;
    this.recipe = recipe;
  }

  /** Returns nats per token on windows of a text. */
  public double loss(LanguageModel model, TokenStream text) {
    return model.loss(windows(text));
  }

  /** Returns the windows that losses are measured on. */
  public Iterable<TokenBatch> windows(TokenStream text) {
    long fitting = LOGITS / ((long) data.context() * data.vocabularySize());
    int batch = (int) Math.max(1, Math.min(Math.min(BATCH, recipe.evaluationWindows()), fitting));
    return data.batches(text, batch, recipe.evaluationWindows() / batch, WINDOW_SEED);
  }

  /** Returns the windows that activations and routing are recorded on. */
  public Iterable<TokenBatch> samples(TokenStream text) {
    return data.samples(text, recipe.ckaSamples(), SAMPLES_AT_ONCE, SAMPLE_SEED);
  }

  /** Returns token means of every block, one row a window. */
  public Activations activations(LanguageModel model, TokenStream text) {
    List<String> blocks = IntStream.range(0, model.configuration().layers()).mapToObj(Evaluation::block).toList();
    return model.activations(samples(text), Pooling.MEAN, blocks);
  }

  /** Returns the name of a block's output. */
  public static String block(int layer) {
    return "block.%d.output".formatted(layer);
  }
}
