package io.modelweave.examples.paper.experiment;

import static io.modelweave.examples.paper.experiment.Finding.text;
import static io.modelweave.examples.paper.experiment.StepChart.TARGET_LOSS;

import io.modelweave.examples.paper.experiment.ModelSizes.Size;
import io.modelweave.examples.paper.lab.Laboratory;
import io.modelweave.examples.paper.lab.Lineage;
import io.modelweave.examples.paper.lab.RouterPlan;
import io.modelweave.examples.paper.lab.Routers;
import io.modelweave.examples.paper.lab.Snapshot;
import io.modelweave.examples.paper.lab.Snapshots;
import io.modelweave.examples.report.DotChart;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Do specialists that keep reading pretraining text, and so forget less, combine better? */
final class DataMixedExperts implements Experiment {

  /**
   * Specialists and what becomes of them.
   *
   * @param name in words
   * @param snapshot the last
   * @param within routers within one layer
   * @param across routers across two
   */
  record Specialists(String name, Snapshot snapshot, Repeated within, Repeated across) {}

  @Override
  public Section run(Laboratory lab) {
    Specialists plain = measure(lab, "domain alone", lab.recipe().experts());
    Specialists mixed = measure(lab, "pretraining text mixed in", lab.recipe().mixed());
    DotChart chart = new DotChart("Specialists with and without pretraining text", TARGET_LOSS);
    List<List<Object>> rows = new ArrayList<>();
    for (Specialists s : List.of(plain, mixed)) {
      chart.dot("interpolated, " + s.name(), s.snapshot().mergedLoss(), 0);
      chart.dot("routed, " + s.name(), s.within().mean(), s.within().deviation());
      chart.dot("two layers, " + s.name(), s.across().mean(), s.across().deviation());
      rows.add(List.of(s.name(), s.snapshot().mathsLoss(), s.snapshot().codeLoss(), s.snapshot().retention().maths(),
          s.snapshot().retention().code(), s.snapshot().targetCka().value(), s.snapshot().mergedLoss(), s.within().mean(),
          s.across().mean()));
    }
    List<Size> sizes = ModelSizes.of(lab.models().base(), RoutingAcrossLayers.measure(lab));
    chart.dot("fine-tuned on the target", DirectFineTuning.measure(lab).target(), 0);
    double less = retained(plain) - retained(mixed);
    return new Section("mixed", "Specialists that also read pretraining text",
        List.of(new Figure("data-mixed",
            "Loss on the target of the last specialists, interpolated (the best alpha), routed within one layer and across two%s; trained "
                .formatted(RoutingAcrossLayers.errors(lab)) + "on their domain alone, or with as much pretraining text; beside "
                + "direct fine-tuning.",
            "In the paper, mixed specialists forget less but route slightly worse: 1.352 against 1.313.", chart::write)),
        List.of(new Table("data-mixed", "The last specialists, with and without pretraining text. " + parameters(sizes),
            List.of("trained on", "maths", "code", "maths on pretraining", "code on pretraining", "CKA target", "interpolated", "routed",
                "routed over 2 layers"), rows)),
        List.of(new Finding(less > 0, "specialists that also read pretraining text forget less",
            "the sum of both losses on pretraining text is smaller",
            "maths 3.046 instead of 4.029, code 3.035 instead of 3.596",
            text("maths %.3f instead of %.3f, code %.3f instead of %.3f", mixed.snapshot().retention().maths(),
                plain.snapshot().retention().maths(), mixed.snapshot().retention().code(), plain.snapshot().retention().code())),
            new Finding(mixed.within().mean() > plain.within().mean(), "but they route worse",
                "the mean loss over router seeds is larger, within one layer", "1.352 instead of 1.313",
                text("%.3f instead of %.3f", mixed.within().mean(), plain.within().mean()))),
        List.of(plain, mixed));
  }

  private static String parameters(List<Size> sizes) {
    return "Parameters in all (applied to a token): "
        + Stream.of(ModelSizes.ACTIVATIONS, ModelSizes.ROUTED, ModelSizes.ROUTED + 1).filter(i -> i < sizes.size()).map(sizes::get)
            .map(s -> text("%s %,d (%,d)", s.model(), s.total(), s.active())).collect(Collectors.joining("; ", "", "."));
  }

  private static double retained(Specialists s) {
    return s.snapshot().retention().maths() + s.snapshot().retention().code();
  }

  private static Specialists measure(Laboratory lab, String name, Lineage lineage) {
    return new Specialists(name, Snapshots.last(lab, lineage), routed(lab, lineage, 1), routed(lab, lineage, 2));
  }

  private static Repeated routed(Laboratory lab, Lineage lineage, int window) {
    return Repeated.of(Routers.of(lab, Routers.seeds(lab, lineage, lineage.steps(), window, RouterPlan.Kind.STANDARD)));
  }
}
