package io.modelweave.examples.paper.experiment;

import java.util.List;
import java.util.stream.Stream;

/** Which experiments there are, in the order of the report. */
public final class Experiments {

  private Experiments() {}

  /** Returns those of every run: merging over time, forgetting, CKA, layer maps, routing across layers. */
  public static List<Experiment> usual() {
    return List.of(new MergingOverTime(), new Forgetting(), new Compatibility(), new LayerMaps(), new DirectFineTuning(),
        new RoutingAcrossLayers(), new ModelSizes());
  }

  /** Returns the usual ones and all others. */
  public static List<Experiment> all() {
    return Stream.concat(usual().stream(),
        Stream.of(new FirstSteps(), new EarlyAndLateExperts(), new RouterVariants(), new DataMixedExperts())).toList();
  }
}
