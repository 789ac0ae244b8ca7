package io.modelweave.benchmarks.suite;

import io.modelweave.benchmarks.CalibrationBenchmark;
import java.util.List;
import java.util.Locale;

/**
 * What this machine does at best, measured in the same run as what is compared with it: the fastest iteration of each method of {@link
 * CalibrationBenchmark}.
 *
 * @param gemm flop a second of a FLOAT matrix product on one thread
 * @param gemmOnTwo the same, of two products side by side
 * @param memory bytes a second read and written by a copy in memory
 * @param fresh bytes a second of memory that the system gives, written once
 * @param hash bytes a second of SHA-256
 * @param file bytes a second of a copy from file to file
 */
record MachineRates(double gemm, double gemmOnTwo, double memory, double fresh, double hash, double file) {

  /** Measures them, some 25 seconds; quick, some 15. */
  static MachineRates measure(JmhRunner jmh) {
    List<Sample> one = jmh.run(CalibrationBenchmark.class, JmhRunner.Iterations.of(1, 1).measured(3), "calibration", options -> {});
    List<Sample> two = jmh.run(CalibrationBenchmark.class, JmhRunner.Iterations.of(1, 1).measured(3), "calibration-on-two",
        options -> options.include("CalibrationBenchmark\\.gemm$").threads(2));
    return new MachineRates(perSecond(CalibrationBenchmark.GEMM_FLOPS, "gemm", one), perSecond(2 * CalibrationBenchmark.GEMM_FLOPS, "gemm", two),
        perSecond(CalibrationBenchmark.MEMORY_BYTES, "memory", one), perSecond(CalibrationBenchmark.FRESH_BYTES, "fresh", one), perSecond(CalibrationBenchmark.HASHED_BYTES, "hash", one),
        perSecond(CalibrationBenchmark.FILE_BYTES, "file", one));
  }

  private static double perSecond(long amount, String method, List<Sample> samples) {
    double fastest = samples.stream().filter(s -> s.measured().method().equals(method)).mapToDouble(Sample::milliseconds).min()
        .orElseThrow(() -> new IllegalStateException("the calibration has no time for \"%s\"; its log says why".formatted(method)));
    return amount / fastest * 1e3;
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "gemm %.0f Gflop/s, on two threads %.0f, memory %.1f GB/s, new memory %.2f GB/s, SHA-256 %.2f GB/s, file to file %.2f GB/s",
        gemm / 1e9, gemmOnTwo / 1e9, memory / 1e9, fresh / 1e9, hash / 1e9, file / 1e9);
  }
}
