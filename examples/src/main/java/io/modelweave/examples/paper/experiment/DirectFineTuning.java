package io.modelweave.examples.paper.experiment;

import static io.modelweave.examples.paper.experiment.Finding.text;

import io.modelweave.core.LanguageModel;
import io.modelweave.examples.paper.lab.Laboratory;
import io.modelweave.examples.paper.lab.Snapshots;
import java.util.List;

/** What does fine-tuning on the target itself reach? The line that all merges are held against; the paper's table 1. */
final class DirectFineTuning implements Experiment {

  /**
   * The base, fine-tuned on the target.
   *
   * @param target its loss there
   * @param pretraining its loss on pretraining text
   * @param base loss of the base on the target
   */
  record Direct(double target, double pretraining, double base) {}

  @Override
  public Section run(Laboratory lab) {
    Direct direct = measure(lab);
    double interpolated = Snapshots.overTime(lab).bestInterpolation();
    return new Section("direct", "Direct fine-tuning", List.of(),
        List.of(new Table("direct", "The base with its MLPs fine-tuned on the target, %s.".formatted(lab.recipe().direct()),
            List.of("model", "loss on target", "loss on pretraining text"),
            List.of(List.of("fine-tuned on the target", direct.target(), direct.pretraining()),
                List.of("base", direct.base(), Snapshots.overTime(lab).first().retention().maths())))),
        List.of(new Finding(direct.target() < interpolated, "fine-tuning on the target itself beats every interpolation",
            "its loss is below the least of any step, alpha and kind of interpolation",
            "table 1; no numbers in its code's documentation", text("%.3f against %.3f", direct.target(), interpolated))), direct);
  }

  static Direct measure(Laboratory lab) {
    LanguageModel model = lab.models().direct();
    return lab.journal().stage("merging/direct", Direct.class, () -> new Direct(
        lab.evaluation().loss(model, lab.data().target().validation()),
        lab.evaluation().loss(model, lab.data().pretraining().validation()),
        lab.evaluation().loss(lab.models().base(), lab.data().target().validation())));
  }
}
