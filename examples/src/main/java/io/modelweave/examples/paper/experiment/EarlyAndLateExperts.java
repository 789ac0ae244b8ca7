package io.modelweave.examples.paper.experiment;

import static io.modelweave.examples.paper.experiment.Finding.text;
import static io.modelweave.examples.paper.experiment.StepChart.TARGET_LOSS;

import io.modelweave.examples.paper.experiment.ModelSizes.Size;
import io.modelweave.examples.paper.lab.Curve;
import io.modelweave.examples.paper.lab.Laboratory;
import io.modelweave.examples.paper.lab.Lineage;
import io.modelweave.examples.paper.lab.Routed;
import io.modelweave.examples.paper.lab.RouterPlan;
import io.modelweave.examples.paper.lab.Routers;
import io.modelweave.examples.paper.lab.Snapshot;
import io.modelweave.examples.paper.lab.Snapshots;
import io.modelweave.examples.report.LineChart;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Does it matter to routers that specialists have gone too far to be merged? */
final class EarlyAndLateExperts implements Experiment {

  private static final int LARGEST = 3;

  /**
   * Share of what interpolation loses that routing may lose. The paper's 0.016 of 0.094 is a sixth; its losses are bfloat16, in steps of
   * 0.008, so that it may be a little under a third.
   */
  private static final double LOST = 1.0 / 3;
  /** The paper's difference under routing: two of those steps. */
  private static final double EQUAL = 0.016;

  /**
   * Losses by window, from 1.
   *
   * @param earlyStep of the early experts
   * @param lateStep of the late ones
   * @param early losses of the early ones
   * @param late of the late ones
   */
  record Results(int earlyStep, int lateStep, List<Repeated> early, List<Repeated> late) {}

  @Override
  public Section run(Laboratory lab) {
    Curve curve = Snapshots.overTime(lab);
    Snapshot early = curve.early();
    Snapshot late = curve.last();
    int windows = Math.min(LARGEST, lab.scope().largestWindow());
    List<Repeated> ofEarly = losses(lab, early.step(), windows);
    List<Repeated> ofLate = losses(lab, late.step(), windows);
    double merging = late.mergedLoss() - early.mergedLoss();
    double routing = ofLate.get(0).mean() - ofEarly.get(0).mean();
    double deviation = Math.hypot(ofEarly.get(0).deviation(), ofLate.get(0).deviation());
    double direct = DirectFineTuning.measure(lab).target();
    return new Section("earlyAndLate", "Early and late experts",
        List.of(new Figure("early-late",
            text("Routers over the specialists of step %d and of step %d%s; at 0 layers, the best interpolation of the same specialists. "
                + "The line is direct fine-tuning.", early.step(), late.step(), RoutingAcrossLayers.errors(lab)),
            "In the paper, experts of step 1000 route to 1.328 and those of step 8000 to 1.344, where interpolation gives 1.625 and 1.719.",
            chart(early, late, ofEarly, ofLate, direct)::write)),
        List.of(table(lab, early, late, ofEarly, ofLate)),
        findings(text("late minus early %+.3f under interpolation, %+.3f +- %.3f under routing (steps %d and %d)", merging, routing,
            deviation, early.step(), late.step()), routing, merging, deviation),
        new Results(early.step(), late.step(), ofEarly, ofLate));
  }

  private static List<Finding> findings(String measured, double routing, double merging, double deviation) {
    String paper = "late minus early +0.094 under interpolation, +0.016 under routing (steps 1000 and 8000)";
    return List.of(
        new Finding(routing < LOST * merging, "what merging loses from early to late experts, routing does not lose",
            "within one layer, late minus early is less than a third of what it is under interpolation", paper, measured),
        new Finding(Math.abs(routing) <= Math.max(EQUAL, 2 * deviation), "early and late experts route equally well",
            text("within one layer they differ by at most %s, the paper's difference, or twice the deviation over router seeds", EQUAL),
            paper, measured));
  }

  private static List<Repeated> losses(Laboratory lab, int step, int windows) {
    Lineage lineage = lab.recipe().overTime();
    List<RouterPlan> plans = IntStream.rangeClosed(1, windows).boxed()
        .flatMap(n -> Routers.seeds(lab, lineage, step, n, RouterPlan.Kind.STANDARD).stream()).toList();
    List<Routed> routed = Routers.of(lab, plans);
    int seeds = lab.scope().routerSeeds();
    return IntStream.range(0, windows).mapToObj(i -> Repeated.of(routed.subList(i * seeds, (i + 1) * seeds))).toList();
  }

  private static LineChart chart(Snapshot early, Snapshot late, List<Repeated> ofEarly, List<Repeated> ofLate, double direct) {
    LineChart chart = new LineChart("Early and late experts", "layers in each block's window; 0: interpolation", TARGET_LOSS);
    add(chart, early, ofEarly);
    add(chart, late, ofLate);
    return chart.series("fine-tuned on the target", new double[] {0, ofLate.size()}, new double[] {direct, direct});
  }

  private static void add(LineChart chart, Snapshot snapshot, List<Repeated> routed) {
    double[] windows = IntStream.rangeClosed(0, routed.size()).asDoubleStream().toArray();
    double[] losses = IntStream.rangeClosed(0, routed.size())
        .mapToDouble(n -> n == 0 ? snapshot.mergedLoss() : routed.get(n - 1).mean()).toArray();
    double[] errors = IntStream.rangeClosed(0, routed.size()).mapToDouble(n -> n == 0 ? 0 : routed.get(n - 1).deviation()).toArray();
    chart.series("specialists of step %d".formatted(snapshot.step()), windows, losses, errors);
  }

  private static Table table(Laboratory lab, Snapshot early, Snapshot late, List<Repeated> ofEarly, List<Repeated> ofLate) {
    List<List<Object>> rows = new ArrayList<>();
    List<Size> sizes = ModelSizes.of(lab.models().base(), RoutingAcrossLayers.measure(lab));
    Size merged = sizes.get(ModelSizes.ACTIVATIONS);
    rows.add(List.of("interpolation", early.mergedLoss(), 0.0, late.mergedLoss(), 0.0, merged.active(), merged.total()));
    for (int n = 1; n <= ofEarly.size(); n++) {
      Repeated e = ofEarly.get(n - 1);
      Repeated l = ofLate.get(n - 1);
      Size size = sizes.get(ModelSizes.ROUTED + n - 1);
      rows.add(List.of("window " + n, e.mean(), e.deviation(), l.mean(), l.deviation(), size.active(), size.total()));
    }
    return new Table("early-late",
        "Loss on the target with the specialists of step %d and of step %d.".formatted(early.step(), late.step()),
        List.of("combined by", "early", "early deviation", "late", "late deviation", "active parameters", "all parameters"), rows);
  }
}
