package io.modelweave.benchmarks.suite;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How one run is made.
 *
 * @param quick whether to take as little time as shows anything
 * @param python an interpreter with torch, if there is one
 * @param peers folder of the peers' scripts
 * @param models folder for files of models, made when they are needed and kept
 */
record Session(boolean quick, Optional<String> python, Path peers, Path models, ResultsFolder results, JmhRunner jmh) {}
