package io.modelweave.examples.paper.experiment;

import static io.modelweave.examples.paper.experiment.Finding.text;

import io.modelweave.examples.paper.lab.Curve;
import io.modelweave.examples.paper.lab.Laboratory;
import io.modelweave.examples.paper.lab.Snapshot.Retention;
import io.modelweave.examples.paper.lab.Snapshots;
import java.util.List;

/** How well do specialists and their merge still predict pretraining text? */
final class Forgetting implements Experiment {

  @Override
  public Section run(Laboratory lab) {
    Curve curve = Snapshots.overTime(lab);
    Retention first = curve.first().retention();
    Retention last = curve.last().retention();
    return new Section("forgetting", "Forgetting",
        List.of(new Figure("forgetting", "Loss on pretraining text of the specialists and of their merge at alpha 0.5.",
            "The paper's specialists reach 4.029 (maths) and 3.596 (code) on pretraining text, 3.046 and 3.035 if it is mixed into "
                + "their data.",
            new StepChart(curve, "Forgetting", "loss on pretraining text (nats per token)")
                .series("maths specialist", s -> s.retention().maths())
                .series("code specialist", s -> s.retention().code())
                .series("merge, alpha 0.5", s -> s.retention().merged()).chart()::write)),
        List.of(StepChart.table(curve, "forgetting", "Losses on pretraining text; merged at alpha 0.5, activations interpolated.",
            List.of("step", "maths", "code", "merged"),
            s -> List.of(s.step(), s.retention().maths(), s.retention().code(), s.retention().merged()))),
        List.of(new Finding(last.maths() > first.maths() && last.code() > first.code(), "specialists forget pretraining text",
            "both last losses on it are above the base's",
            "maths 4.029, code 3.596; 3.046 and 3.035 if pretraining text is mixed in",
            text("maths %.3f -> %.3f, code %.3f -> %.3f", first.maths(), last.maths(), first.code(), last.code()))),
        curve.snapshots().stream().map(s -> List.of(s.step(), s.retention())).toList());
  }
}
