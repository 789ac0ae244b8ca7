package io.modelweave.examples.paper.experiment;

import static io.modelweave.examples.paper.experiment.Finding.text;
import static io.modelweave.examples.paper.experiment.StepChart.TARGET_LOSS;

import io.modelweave.examples.paper.lab.Laboratory;
import io.modelweave.examples.paper.lab.Lineage;
import io.modelweave.examples.paper.lab.Routed;
import io.modelweave.examples.paper.lab.Routed.Usage;
import io.modelweave.examples.paper.lab.RouterPlan;
import io.modelweave.examples.paper.lab.Routers;
import io.modelweave.examples.paper.lab.Snapshots;
import io.modelweave.examples.report.HeatMap;
import io.modelweave.examples.report.LineChart;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** What do trained routers gain, within a layer and across several? The paper's figure 5, and which experts they use. */
final class RoutingAcrossLayers implements Experiment {

  /**
   * Routers of one window.
   *
   * @param window layers each block routes to
   * @param routed one result a seed
   */
  record Window(int window, List<Routed> routed) {

    Repeated losses() {
      return Repeated.of(routed);
    }
  }

  @Override
  public Section run(Laboratory lab) {
    List<Window> windows = measure(lab);
    double interpolated = Snapshots.last(lab, lab.recipe().experts()).mergedLoss();
    double direct = DirectFineTuning.measure(lab).target();
    return new Section("routing", "Routing across layers", List.of(
        new Figure("routing-loss",
            "Loss on the target of trained routers over the number of layers whose experts each block may use%s, with the best "
                .formatted(errors(lab)) + "interpolation of the same specialists and direct fine-tuning as reference lines.",
            "In the paper (fig. 5 and its code's documentation) two layers gain 0.109 over one, the third 0.031, the fourth 0.008.",
            chart(windows, interpolated, direct)::write),
        usage("expert-usage", windows.get(0)), usage("expert-usage-largest", windows.get(windows.size() - 1))),
        List.of(table(windows)), findings(lab, windows), windows);
  }

  /** Returns the results of all windows of the scope, all seeds. */
  static List<Window> measure(Laboratory lab) {
    Lineage experts = lab.recipe().experts();
    List<List<RouterPlan>> plans = IntStream.rangeClosed(1, lab.scope().largestWindow())
        .mapToObj(n -> Routers.seeds(lab, experts, experts.steps(), n, RouterPlan.Kind.STANDARD)).toList();
    List<Routed> routed = Routers.of(lab, plans.stream().flatMap(List::stream).toList());
    int seeds = lab.scope().routerSeeds();
    return IntStream.range(0, plans.size()).mapToObj(i -> new Window(i + 1, routed.subList(i * seeds, (i + 1) * seeds))).toList();
  }

  static String errors(Laboratory lab) {
    return lab.scope().routerSeeds() == 1 ? "" : ": mean and standard deviation of %d router seeds".formatted(lab.scope().routerSeeds());
  }

  private static LineChart chart(List<Window> windows, double interpolated, double direct) {
    double[] n = windows.stream().mapToDouble(Window::window).toArray();
    double[] line = new double[n.length];
    Arrays.fill(line, interpolated);
    double[] target = new double[n.length];
    Arrays.fill(target, direct);
    return new LineChart("Routing across layers", "layers in each block's window", TARGET_LOSS)
        .series("trained routers", n, windows.stream().mapToDouble(w -> w.losses().mean()).toArray(),
            windows.stream().mapToDouble(w -> w.losses().deviation()).toArray())
        .series("best interpolation", n, line)
        .series("fine-tuned on the target", n, target);
  }

  private static Figure usage(String name, Window window) {
    return new Figure(name, "How much each block (rows) uses each expert (columns) when it routes over %s: the mean weight of the "
        .formatted(window.window() == 1 ? "its own layer" : window.window() + " layers")
        + "expert's output over tokens of the target; the first router seed.",
        "The paper logs the mean probability of each expert and shows no figure of it.", heatMap(window)::write);
  }

  private static HeatMap heatMap(Window window) {
    List<Usage> usage = window.routed().get(0).usage();
    int layers = usage.stream().mapToInt(Usage::block).max().orElseThrow() + 1;
    HeatMap map = new HeatMap("Use of the experts, routed over %d %s".formatted(window.window(), window.window() == 1 ? "layer" : "layers"),
        "expert: m maths, c code, and its layer", "block");
    for (int layer = 0; layer < layers; layer++) {
      map.row(Integer.toString(layer));
    }
    for (String model : List.of("m", "c")) {
      for (int layer = 0; layer < layers; layer++) {
        map.column(model + layer);
      }
    }
    usage.forEach(u -> map.cell(u.block(), u.model() * layers + u.layer(), u.gate()));
    return map;
  }

  private static Table table(List<Window> windows) {
    List<List<Object>> rows = new ArrayList<>();
    windows.forEach(w -> rows.add(List.of(w.window() == 1 ? "1 layer" : w.window() + " layers", w.losses().mean(), w.losses().deviation(),
        w.routed().size(), w.routed().get(0).trained(), w.routed().get(0).active(), w.routed().get(0).total())));
    return new Table("routing", "Trained routers over the last specialists, on the target.",
        List.of("routed over", "loss", "deviation", "seeds", "trained parameters", "active parameters", "all parameters"), rows);
  }

  private static List<Finding> findings(Laboratory lab, List<Window> windows) {
    double merged = Snapshots.overTime(lab).bestInterpolation();
    double alone = windows.get(0).losses().mean();
    double across = windows.stream().skip(1).mapToDouble(w -> w.losses().mean()).min().orElse(Double.NaN);
    return List.of(
        new Finding(Math.min(alone, Double.isNaN(across) ? alone : across) < merged, "trained routing beats the best interpolation",
            "the least mean loss of any window is below the least of any step, alpha and kind of interpolation",
            "1.344 against 1.719 (step 8000), 1.328 against 1.625 (step 1000)",
            text("%.3f within one layer, %.3f across layers, against %.3f", alone, across, merged)),
        new Finding(across < alone, "routing across layers beats routing within one",
            "the least mean loss of a window of 2 or more is below that of window 1",
            "1.313 within one layer; 1.203, 1.172, 1.164 across 2, 3, 4",
            text("%.3f within one layer; ", alone) + across(windows)),
        shrinking(windows));
  }

  private static Finding shrinking(List<Window> windows) {
    double[] gains = IntStream.range(1, windows.size())
        .mapToDouble(i -> windows.get(i - 1).losses().mean() - windows.get(i).losses().mean()).toArray();
    return new Finding(
        gains.length > 1 && IntStream.range(1, gains.length)
            .allMatch(i -> gains[i] - gains[i - 1] <= 2 * deviation(windows.subList(i - 1, i + 2))),
        "each further layer gains less than the one before",
        "no gain of mean losses is larger than the one before by more than twice the deviation over router seeds",
        "0.109 by the second layer, 0.031 by the third, 0.008 by the fourth",
        "%s by layer 2 to %d".formatted(String.join(", ", Arrays.stream(gains).mapToObj(gain -> text("%.3f", gain)).toList()),
            windows.size()));
  }

  /** Returns the standard deviation of the second difference of three windows' losses, as if of independent seeds. */
  private static double deviation(List<Window> three) {
    double ends = Math.hypot(three.get(0).losses().deviation(), three.get(2).losses().deviation());
    return Math.hypot(ends, 2 * three.get(1).losses().deviation());
  }

  private static String across(List<Window> windows) {
    List<Window> more = windows.subList(1, windows.size());
    return "%s across %s".formatted(String.join(", ", more.stream().map(w -> text("%.3f", w.losses().mean())).toList()),
        String.join(", ", more.stream().map(w -> Integer.toString(w.window())).toList()));
  }
}
