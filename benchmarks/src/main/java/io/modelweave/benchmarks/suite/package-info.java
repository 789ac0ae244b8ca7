/**
 * Runs the benchmarks and their peers by turns, reckons floors, and writes results, curves and the README's tables. {@link
 * io.modelweave.benchmarks.suite.Main} is what {@code benchmarks/run} starts; {@code Catalogue} says what is measured beside what, {@code
 * CostModels} what each case cannot do without.
 */
@NullMarked
package io.modelweave.benchmarks.suite;

import org.jspecify.annotations.NullMarked;
