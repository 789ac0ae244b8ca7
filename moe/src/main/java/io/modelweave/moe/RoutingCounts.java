package io.modelweave.moe;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Sums over the tokens of one block, for {@link RoutingStatistics}. */
final class RoutingCounts {

  private final RoutedFeedForward block;
  private final double[] kept;
  private final double[] probability;
  private final double[] gate;
  private double entropy;
  private long tokens;

  RoutingCounts(RoutedFeedForward block) {
    this.block = block;
    this.kept = new double[block.experts().size()];
    this.probability = new double[kept.length];
    this.gate = new double[kept.length];
  }

  /** Returns the published values that {@link #add} reads. */
  List<String> names() {
    return List.of(name("probabilities"), name("gates"));
  }

  private String name(String what) {
    return "block.%d.router.%s".formatted(block.layer(), what);
  }

  void add(Map<String, INDArray> values) {
    float[] probabilities = values.get(name("probabilities")).dup('c').data().asFloat();
    float[] gates = values.get(name("gates")).dup('c').data().asFloat();
    for (int i = 0; i < probabilities.length; i++) {
      double p = probabilities[i];
      int expert = i % kept.length;
      if (Double.isNaN(p)) {
        throw new ArithmeticException("block %d: the probability of expert %d for token %d is not a number"
            .formatted(block.layer(), expert, tokens + i / kept.length));
      }
      probability[expert] += p;
      gate[expert] += gates[i];
      kept[expert] += gates[i] > 0 ? 1 : 0;
      entropy -= p > 0 ? p * Math.log(p) : 0;
    }
    tokens += probabilities.length / kept.length;
  }

  RoutingStatistics.Layer layer() {
    double assignments = Arrays.stream(kept).sum();
    return new RoutingStatistics.Layer(block.layer(), block.experts(), divided(kept, assignments), divided(probability, tokens),
        divided(gate, tokens), entropy / tokens);
  }

  private static List<Double> divided(double[] sums, double by) {
    return Arrays.stream(sums).map(sum -> by == 0 ? 0 : sum / by).boxed().toList();
  }
}
