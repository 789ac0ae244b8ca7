package io.modelweave.benchmarks.suite;

import io.modelweave.benchmarks.ScalingBenchmark;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A parameter of {@link ScalingBenchmark} that grows.
 *
 * @param name of the curve
 * @param method of the benchmark
 * @param x the parameter that grows
 * @param by the parameter of which each value is a series of its own; empty for one series
 * @param parameters all values of all parameters of the method
 */
record Sweep(String name, String title, String xLabel, String method, String x, String by, Map<String, List<String>> parameters) {

  Curve measure(JmhRunner jmh, MachineRates rates) {
    List<Sample> samples = jmh.run(ScalingBenchmark.class, JmhRunner.Iterations.of(5, 0.7), "scaling-" + name, options -> {
      options.include("\\.ScalingBenchmark\\." + method + "$");
      parameters.forEach((parameter, values) -> options.param(parameter, values.toArray(String[]::new)));
    });
    Map<String, List<Sample>> bySeries = samples.stream().collect(Collectors.groupingBy(
        sample -> by.isEmpty() ? "Modelweave" : sample.measured().text(by), LinkedHashMap::new, Collectors.toList()));
    return new Curve(name, title, xLabel,
        bySeries.entrySet().stream().map(series -> new Curve.Series(series.getKey(), points(series.getValue(), rates))).toList());
  }

  private List<Curve.Point> points(List<Sample> samples, MachineRates rates) {
    return samples.stream().collect(Collectors.groupingBy(Sample::measured)).entrySet().stream()
        .map(times -> new Curve.Point(times.getKey().number(x),
            Numbers.median(times.getValue().stream().mapToDouble(Sample::milliseconds).toArray()),
            CostModels.scaling(times.getKey()).floorMilliseconds(rates).orElseThrow(), 0))
        .sorted(Comparator.comparingDouble(Curve.Point::x)).toList();
  }
}
