package io.modelweave.examples.paper.experiment;

import io.modelweave.examples.paper.lab.Curve;
import io.modelweave.examples.paper.lab.Snapshot;
import io.modelweave.examples.report.LineChart;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Figures and tables with a point or row a snapshot, the critical step marked. */
final class StepChart {

  static final String STEP = "fine-tuning step";
  static final String TARGET_LOSS = "loss on target (nats per token)";

  private final Curve curve;
  private final LineChart chart;

  StepChart(Curve curve, String title, String yLabel) {
    this.curve = curve;
    this.chart = new LineChart(title, STEP, yLabel).logX();
    curve.criticalStep().ifPresent(s -> chart.mark("critical step, %d".formatted(s.step()), s.step()));
  }

  StepChart series(String name, ToDoubleFunction<Snapshot> value) {
    chart.series(name, of(curve, Snapshot::step), of(curve, value));
    return this;
  }

  LineChart chart() {
    return chart;
  }

  static double[] of(Curve curve, ToDoubleFunction<Snapshot> value) {
    return curve.snapshots().stream().mapToDouble(value).toArray();
  }

  static Table table(Curve curve, String name, String title, List<String> header, Function<Snapshot, List<Object>> row) {
    return new Table(name, title, header, curve.snapshots().stream().map(row).toList());
  }
}
