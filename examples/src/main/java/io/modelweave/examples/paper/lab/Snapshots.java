package io.modelweave.examples.paper.lab;

import io.modelweave.cka.Cka;
import io.modelweave.cka.Score;
import io.modelweave.core.Activations;
import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenStream;
import io.modelweave.examples.paper.lab.Models.Pair;
import io.modelweave.examples.paper.lab.Snapshot.Retention;
import io.modelweave.merge.ActivationMerger;
import io.modelweave.merge.Merger;
import io.modelweave.merge.Ties;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Measures pairs of specialists and their merges. */
public final class Snapshots {

  private static final List<Double> ALPHAS = IntStream.rangeClosed(0, 10).mapToObj(i -> i / 10.0).toList();

  private Snapshots() {}

  /** Returns the pair at each step that is merged over time. */
  public static Curve overTime(Laboratory lab) {
    Lineage lineage = lab.recipe().overTime();
    return new Curve(of(lab, lineage, lab.recipe().snapshotSteps(lineage.steps())));
  }

  /** Returns the last of a lineage. */
  public static Snapshot last(Laboratory lab, Lineage lineage) {
    return of(lab, lineage, List.of(lineage.steps())).get(0);
  }

  private static List<Snapshot> of(Laboratory lab, Lineage lineage, List<Integer> steps) {
    return lab.atSteps("merging", lineage, steps, Snapshot.class, (step, pair) -> measure(lab, step, pair));
  }

  private static Snapshot measure(Laboratory lab, int step, Pair pair) {
    Evaluation evaluation = lab.evaluation();
    PaperData data = lab.data();
    TokenStream target = data.target().validation();
    TokenStream pretraining = data.pretraining().validation();
    LanguageModel maths = pair.maths();
    LanguageModel code = pair.code();
    Map<Double, Double> weightLosses = new TreeMap<>();
    ALPHAS.forEach(alpha -> weightLosses.put(alpha, evaluation.loss(Merger.interpolate(maths, code, alpha), target)));
    Retention retention = new Retention(evaluation.loss(maths, pretraining), evaluation.loss(code, pretraining),
        evaluation.loss(middle(pair), pretraining));
    return new Snapshot(step, evaluation.loss(maths, data.maths().validation()), evaluation.loss(code, data.code().validation()),
        overAlpha(lab, pair, ALPHAS), weightLosses, evaluation.loss(ties(lab.models().base(), pair), target),
        ProbabilityEnsemble.loss(maths, code, evaluation.windows(target)), retention, cka(lab, pair, target), cka(lab, pair, pretraining));
  }

  /** Returns alpha to loss on the target, MLP outputs interpolated. */
  public static Map<Double, Double> overAlpha(Laboratory lab, Pair pair, List<Double> alphas) {
    Map<Double, Double> losses = new TreeMap<>();
    alphas.forEach(alpha -> losses.put(alpha,
        lab.evaluation().loss(ActivationMerger.interpolate(pair.maths(), pair.code(), alpha), lab.data().target().validation())));
    return losses;
  }

  /** Returns the merge of the paper at alpha 0.5. */
  public static LanguageModel middle(Pair pair) {
    return ActivationMerger.interpolate(pair.maths(), pair.code(), Snapshot.MIDDLE);
  }

  /** Returns the linear CKA of the block in the middle on token means, as the paper measures it. */
  public static Score cka(Laboratory lab, Pair pair, TokenStream text) {
    String layer = Evaluation.block(pair.maths().configuration().layers() / 2);
    Activations maths = lab.evaluation().activations(pair.maths(), text);
    Activations code = lab.evaluation().activations(pair.code(), text);
    return Cka.linear().compare(maths.get(layer), code.get(layer));
  }

  private static LanguageModel ties(LanguageModel base, Pair pair) {
    try (Checkpoint merged = Merger.of(pair.maths(), pair.code()).base(base).method(new Ties()).threads(1).merge()) {
      return LanguageModel.of(base.configuration(), merged);
    }
  }
}
