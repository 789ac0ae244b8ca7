package io.modelweave.benchmarks.suite;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** {@code benchmarks/run scaling}: draws how cost grows with samples, features, layers, experts and the size of files. */
@Command(name = "scaling", mixinStandardHelpOptions = true,
    description = "Measures how cost grows and draws it beside the cost models: scaling.csv and scaling-*.png.")
final class ScalingCommand implements Runnable {

  private static final List<String> COLUMNS = List.of("curve", "series", "x", "milliseconds", "floor milliseconds", "peak MB");

  @ParentCommand private Main main;

  @SuppressWarnings("NullAway.Init") // picocli sets it
  private ScalingCommand() {}

  private static List<Sweep> sweeps(boolean quick) {
    List<String> kernels = List.of("linear", "rbf");
    return List.of(
        new Sweep("samples", "CKA of two layers of 256 features", "samples n", "pair", "n", "kernel",
            Map.of("n", doublings(128, quick ? 1024 : 8192), "p", List.of("256"), "kernel", kernels)),
        new Sweep("features", "CKA of two layers on 1,024 samples", "features p", "pair", "p", "kernel",
            Map.of("p", doublings(32, quick ? 256 : 2048), "n", List.of("1024"), "kernel", kernels)),
        new Sweep("layers", "CKA map of L x L layers, 256 samples, 768 features", "layers L", "map", "layers", "",
            Map.of("layers", doublings(2, quick ? 8 : 64))),
        new Sweep("experts", "1,024 tokens through 2 of E experts, 512 x 2,048", "experts E", "routed", "experts", "",
            Map.of("experts", doublings(2, quick ? 8 : 32), "kept", List.of("2"))),
        new Sweep("kept", "1,024 tokens through k of 16 experts, 512 x 2,048", "experts of a token, k", "routed", "kept", "",
            Map.of("kept", doublings(1, quick ? 4 : 16), "experts", List.of("16"))));
  }

  private static List<String> doublings(int from, int to) {
    return IntStream.iterate(from, x -> x <= to, x -> 2 * x).mapToObj(Integer::toString).toList();
  }

  @Override
  public void run() {
    main.measure("scaling", (session, rates, progress) -> {
      List<Curve> curves = new ArrayList<>();
      for (Sweep sweep : sweeps(session.quick())) {
        progress.step("scaling: %s, %s".formatted(Sample.OURS, sweep.xLabel()), () -> {
          Curve curve = sweep.measure(session.jmh(), rates);
          curves.add(curve);
          session.results().write("scaling-%s.png".formatted(curve.name()), CurveChart.time(curve));
        });
      }
      progress.step("scaling: %s, size of files".formatted(Sample.OURS), () -> {
        Curve curve = ModelSizes.measure(session, rates);
        curves.add(curve);
        session.results().write("scaling-model-size.png", CurveChart.time(curve));
        session.results().write("scaling-model-size-memory.png", CurveChart.memory(curve));
      });
      session.results().write("scaling.csv", csv(curves));
    });
  }

  private static String csv(List<Curve> curves) {
    return Csv.write(COLUMNS, curves.stream().flatMap(curve -> curve.series().stream().flatMap(series -> series.points().stream()
        .map(point -> List.of(curve.name(), series.name(), ResultRow.cell(point.x()), ResultRow.cell(point.milliseconds()),
            ResultRow.cell(point.floorMilliseconds()), ResultRow.cell(point.peakMegabytes()))))).collect(Collectors.toList()));
  }
}
