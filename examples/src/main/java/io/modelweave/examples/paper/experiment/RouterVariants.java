package io.modelweave.examples.paper.experiment;

import static io.modelweave.examples.paper.experiment.Finding.text;
import static io.modelweave.examples.paper.experiment.StepChart.TARGET_LOSS;

import io.modelweave.examples.paper.lab.Laboratory;
import io.modelweave.examples.paper.lab.Lineage;
import io.modelweave.examples.paper.lab.Routed;
import io.modelweave.examples.paper.lab.RouterPlan;
import io.modelweave.examples.paper.lab.RouterPlan.Kind;
import io.modelweave.examples.paper.lab.Routers;
import io.modelweave.examples.report.DotChart;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Does one router for all blocks do, and does the base help as a third expert? */
final class RouterVariants implements Experiment {

  private static final Map<Kind, String> NAMES =
      Map.of(Kind.STANDARD, "a router each block", Kind.SHARED, "one router for all", Kind.WITH_BASE, "base as third expert");

  @Override
  public Section run(Laboratory lab) {
    Map<Kind, List<Routed>> routed = measure(lab);
    Map<Kind, Repeated> losses = new EnumMap<>(Kind.class);
    routed.forEach((kind, results) -> losses.put(kind, Repeated.of(results)));
    double direct = DirectFineTuning.measure(lab).target();
    DotChart chart = new DotChart("Kinds of routers, window 1", TARGET_LOSS);
    losses.forEach((kind, loss) -> chart.dot(NAMES.get(kind), loss.mean(), loss.deviation()));
    chart.dot("fine-tuned on the target", direct, 0);
    List<List<Object>> rows = new ArrayList<>();
    routed.forEach((kind, results) -> rows.add(List.of(NAMES.get(kind), losses.get(kind).mean(), losses.get(kind).deviation(),
        results.get(0).trained(), results.get(0).active(), results.get(0).total())));
    return new Section("routers", "Kinds of routers",
        List.of(new Figure("router-variants",
            "Loss on the target of routers within one layer%s; a router for each block, block 0's router for all, the base's MLPs as a "
                .formatted(RoutingAcrossLayers.errors(lab)) + "third expert; beside direct fine-tuning.",
            "The paper compares these in table 1; its code's documentation has no numbers for the last two.", chart::write)),
        List.of(new Table("router-variants", "Routers within one layer over the last specialists, on the target.",
            List.of("kind", "loss", "deviation", "trained parameters", "active parameters", "all parameters"), rows)),
        List.of(new Finding(losses.get(Kind.STANDARD).mean() < losses.get(Kind.SHARED).mean(),
            "a router for each block beats one for all", "the mean loss over router seeds is smaller",
            "table 1; no numbers in its code's documentation",
            text("%.3f against %.3f", losses.get(Kind.STANDARD).mean(), losses.get(Kind.SHARED).mean()))), losses);
  }

  private static Map<Kind, List<Routed>> measure(Laboratory lab) {
    Lineage experts = lab.recipe().experts();
    List<RouterPlan> plans = Stream.of(Kind.values())
        .flatMap(kind -> Routers.seeds(lab, experts, experts.steps(), 1, kind).stream()).toList();
    List<Routed> results = Routers.of(lab, plans);
    Map<Kind, List<Routed>> byKind = new EnumMap<>(Kind.class);
    for (int i = 0; i < plans.size(); i++) {
      byKind.computeIfAbsent(plans.get(i).kind(), kind -> new ArrayList<>()).add(results.get(i));
    }
    return byKind;
  }
}
