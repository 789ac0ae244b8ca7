package io.modelweave.examples.paper.lab;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenStream;
import io.modelweave.examples.Progress;
import io.modelweave.examples.paper.lab.Journal.Draft;
import io.modelweave.examples.paper.lab.Models.Pair;
import io.modelweave.examples.paper.lab.Recipe.Schedule;
import io.modelweave.examples.paper.lab.Routed.Usage;
import io.modelweave.moe.CrossLayerRouter;
import io.modelweave.moe.Expert;
import io.modelweave.moe.LayerWindow;
import io.modelweave.moe.ParameterCounts;
import io.modelweave.moe.RoutedModel;
import io.modelweave.moe.RouterTraining;
import io.modelweave.moe.RoutingStatistics;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;

/** Trains routers on the target and measures them. */
public final class Routers {

  private static final long BATCH_SEED = 21;
  private static final long BETWEEN_SEEDS = 1000;

  private Routers() {}

  /** Returns plans that differ in their seeds alone, as many as the scope asks for. */
  public static List<RouterPlan> seeds(Laboratory lab, Lineage lineage, int step, int window, RouterPlan.Kind kind) {
    return IntStream.range(0, lab.scope().routerSeeds()).mapToObj(seed -> new RouterPlan(lineage, step, window, kind, seed)).toList();
  }

  /** Returns the trained routers in the order of their plans; those that are not in the journal are trained side by side. */
  public static List<Routed> of(Laboratory lab, List<RouterPlan> plans) {
    plans.stream().map(RouterPlan::lineage).distinct().forEach(lab.models()::train);
    long missing = plans.stream().filter(plan -> !lab.journal().isDone(plan.stage())).count();
    try (Progress progress = Progress.of("route", missing * lab.recipe().routing().steps())) {
      Map<RouterPlan, Callable<Map.Entry<RouterPlan, Routed>>> jobs = new HashMap<>();
      plans.forEach(plan -> jobs.put(plan, () -> Map.entry(plan, lab.journal().training(plan.stage(), Routed.class,
          draft -> train(lab, plan, draft, progress)))));
      // Large windows take longest, so they start first.
      List<Callable<Map.Entry<RouterPlan, Routed>>> largestFirst = plans.stream().distinct()
          .sorted(Comparator.comparingInt(RouterPlan::window).reversed()).map(jobs::get).toList();
      Map<RouterPlan, Routed> done = new HashMap<>();
      lab.sideBySide(largestFirst).forEach(entry -> done.put(entry.getKey(), entry.getValue()));
      return plans.stream().map(done::get).toList();
    }
  }

  private static Routed train(Laboratory lab, RouterPlan plan, Draft draft, Progress progress) {
    Recipe recipe = lab.recipe();
    Schedule schedule = recipe.routing();
    RoutedModel routed = CrossLayerRouter.over(experts(lab, plan)).window(LayerWindow.upThenDown(plan.window()))
        .options(o -> o.withShared(plan.kind() == RouterPlan.Kind.SHARED).withInitialization(recipe.initialization(), plan.seed())).build();
    int pieces = recipe.batch() / recipe.microBatch();
    RouterTraining.of(routed).learningRate(schedule.rate()).steps(schedule.steps()).accumulation(pieces)
        .resumable(draft.file(), draft.interval()).listener(Models.show(progress)::accept)
        .run(lab.data().batches(lab.data().target().train(), recipe.microBatch(), schedule.steps() * pieces,
            lab.settings().seed() + BATCH_SEED + BETWEEN_SEEDS * plan.seed()));
    TokenStream target = lab.data().target().validation();
    ParameterCounts counts = routed.parameterCounts();
    return new Routed(lab.evaluation().loss(routed.languageModel(), target), counts.trained(), counts.total(), counts.active(),
        usage(RoutingStatistics.of(routed, lab.evaluation().samples(target))));
  }

  private static LanguageModel[] experts(Laboratory lab, RouterPlan plan) {
    Pair pair = lab.models().at(plan.lineage(), plan.step());
    return plan.kind() == RouterPlan.Kind.WITH_BASE ? new LanguageModel[] {pair.maths(), pair.code(), lab.models().base()}
        : new LanguageModel[] {pair.maths(), pair.code()};
  }

  private static List<Usage> usage(RoutingStatistics statistics) {
    List<Usage> usage = new ArrayList<>();
    for (RoutingStatistics.Layer layer : statistics.layers()) {
      for (int e = 0; e < layer.experts().size(); e++) {
        Expert expert = layer.experts().get(e);
        usage.add(new Usage(layer.layer(), expert.model(), expert.layer(), layer.meanGate().get(e)));
      }
    }
    return usage;
  }
}
