package io.modelweave.examples.paper.experiment;

import io.modelweave.examples.paper.lab.Routed;
import java.util.List;

/**
 * Losses of the same setting with several seeds.
 *
 * @param losses one a seed
 */
record Repeated(List<Double> losses) {

  static Repeated of(List<Routed> routed) {
    return new Repeated(routed.stream().map(Routed::loss).toList());
  }

  double mean() {
    return losses.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  /** Returns the standard deviation over seeds, with n - 1; 0 for one seed. */
  double deviation() {
    double mean = mean();
    double squares = losses.stream().mapToDouble(loss -> (loss - mean) * (loss - mean)).sum();
    return losses.size() == 1 ? 0 : Math.sqrt(squares / (losses.size() - 1));
  }
}
