package io.modelweave.examples.paper;

import io.modelweave.cka.Cka;
import io.modelweave.cka.Score;
import io.modelweave.core.Activations;
import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.Pooling;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.text.TokenStream;
import io.modelweave.examples.paper.Snapshot.Retention;
import io.modelweave.merge.ActivationMerger;
import io.modelweave.merge.Merger;
import io.modelweave.merge.Ties;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Measures models on validation text: every model on the same windows. Safe for use by several threads. */
final class Evaluation {

  static final int WINDOWS = 144;
  static final int CKA_SAMPLES = 128;

  private static final int BATCH = 48;
  /** Numbers in the logits of one batch; a large vocabulary is evaluated in smaller batches. */
  private static final long LOGITS = 1 << 25;
  private static final List<Double> ALPHAS = IntStream.rangeClosed(0, 10).mapToObj(i -> i / 10.0).toList();

  private final PaperData data;

  Evaluation(PaperData data) {
    this.data = data;
  }

  /** Returns nats per token on windows of a text. */
  double loss(LanguageModel model, TokenStream text) {
    return model.loss(windows(text));
  }

  private Iterable<TokenBatch> windows(TokenStream text) {
    long fitting = LOGITS / ((long) data.context() * data.vocabularySize());
    int batch = (int) Math.max(1, Math.min(BATCH, fitting));
    return data.batches(text, batch, WINDOWS / batch, 1);
  }

  /** Returns everything a snapshot of the two specialists holds; {@code base} is what both were fine-tuned from. */
  Snapshot snapshot(int step, LanguageModel base, LanguageModel maths, LanguageModel code) {
    TokenStream target = data.target().validation();
    TokenStream pretraining = data.pretraining().validation();
    Map<Double, Double> activationLosses = new TreeMap<>();
    Map<Double, Double> weightLosses = new TreeMap<>();
    for (double alpha : ALPHAS) {
      activationLosses.put(alpha, loss(ActivationMerger.interpolate(maths, code, alpha), target));
      weightLosses.put(alpha, loss(Merger.interpolate(maths, code, alpha), target));
    }
    Retention retention = new Retention(loss(maths, pretraining), loss(code, pretraining), loss(middle(maths, code), pretraining));
    return new Snapshot(step, loss(maths, data.maths().validation()), loss(code, data.code().validation()), activationLosses, weightLosses,
        loss(ties(base, maths, code), target), ProbabilityEnsemble.loss(maths, code, windows(target)), retention,
        middleCka(maths, code, target), middleCka(maths, code, pretraining));
  }

  /** Returns the merge of the paper at alpha 0.5. */
  static LanguageModel middle(LanguageModel maths, LanguageModel code) {
    return ActivationMerger.interpolate(maths, code, Snapshot.MIDDLE);
  }

  private static LanguageModel ties(LanguageModel base, LanguageModel maths, LanguageModel code) {
    try (Checkpoint merged = Merger.of(maths, code).base(base).method(new Ties()).threads(1).merge()) {
      return LanguageModel.of(base.configuration(), merged);
    }
  }

  /** Linear CKA of the block in the middle, token means of 128 windows, as the paper measures it. */
  private Score middleCka(LanguageModel maths, LanguageModel code, TokenStream text) {
    String layer = block(maths.configuration().layers() / 2);
    return Cka.linear().compare(activations(maths, text).get(layer), activations(code, text).get(layer));
  }

  /** Returns token means of every block. */
  Activations activations(LanguageModel model, TokenStream text) {
    List<String> blocks = IntStream.range(0, model.configuration().layers()).mapToObj(Evaluation::block).toList();
    return model.activations(data.samples(text, CKA_SAMPLES, 5), Pooling.MEAN, blocks);
  }

  private static String block(int layer) {
    return "block.%d.output".formatted(layer);
  }
}
