package io.modelweave.benchmarks.suite;

import java.util.OptionalDouble;
import java.util.stream.DoubleStream;

/**
 * What a case cannot do without, whoever computes it, and how much comes out.
 *
 * @param flops multiplications and additions in matrix products
 * @param memoryBytes bytes read from and written to memory
 * @param freshBytes bytes of a result in memory that the system has just given
 * @param hashedBytes bytes hashed by SHA-256
 * @param fileBytes bytes copied from file to file
 * @param threads one or two
 * @param amount how many of {@code unit} one operation handles; 0 if a rate says nothing
 * @param unit what a rate counts, such as {@code tokens}
 */
record Work(double flops, double memoryBytes, double freshBytes, double hashedBytes, double fileBytes, int threads, double amount, String unit) {

  /** Nothing is known. */
  static final Work UNKNOWN = new Work(0, 0, 0, 0, 0, 1, 0, "");

  static Work flops(double flops) {
    return new Work(flops, 0, 0, 0, 0, 1, 0, "");
  }

  static Work memory(double bytes) {
    return new Work(0, bytes, 0, 0, 0, 1, 0, "");
  }

  static Work file(double bytes) {
    return new Work(0, 0, 0, 0, bytes, 1, bytes, "B");
  }

  Work into(double freshBytes) {
    return new Work(flops, memoryBytes, freshBytes, hashedBytes, fileBytes, threads, amount, unit);
  }

  Work hashing(double bytes) {
    return new Work(flops, memoryBytes, freshBytes, bytes, fileBytes, threads, amount, unit);
  }

  Work on(int threads) {
    return new Work(flops, memoryBytes, freshBytes, hashedBytes, fileBytes, threads, amount, unit);
  }

  Work of(double amount, String unit) {
    return new Work(flops, memoryBytes, freshBytes, hashedBytes, fileBytes, threads, amount, unit);
  }

  /**
   * Returns the time below which no implementation gets on this machine: the slowest of the parts, as if the others ran beside it. Empty
   * if nothing is known.
   */
  OptionalDouble floorMilliseconds(MachineRates rates) {
    double seconds = DoubleStream.of(flops / (threads == 1 ? rates.gemm() : rates.gemmOnTwo()), memoryBytes / rates.memory(),
        freshBytes / rates.fresh(), hashedBytes / rates.hash(), fileBytes / rates.file()).max().orElseThrow();
    return seconds > 0 ? OptionalDouble.of(seconds * 1e3) : OptionalDouble.empty();
  }
}
