package io.modelweave.merge.alignment;

import static java.util.Objects.requireNonNull;

import io.modelweave.core.Activations;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.Pooling;
import io.modelweave.core.text.TokenBatch;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Finds the permutation of b's units that makes them answer to data as a's do: for each group the assignment with the largest sum of
 * correlations, over all layers that show the group's units.
 *
 * <p>Every group is a linear assignment problem of its own, solved exactly, so that there is nothing to restart. A unit that never changes
 * on the data correlates with nothing (0) and takes a place that is left. Arithmetic is in double; cost: {@code O(n units^2)} a layer
 * and {@code O(units^3)} a group.
 *
 * <p>Source: Li, Yosinski, Clune, Lipson and Hopcroft, "Convergent Learning", 2015, arXiv 1511.07543; Ainsworth et al.,
 * arXiv 2209.04836, section 3.1, who use inner products, for which units of large activations count more.
 */
public final class ActivationMatching {

  private final PermutationSpec spec;

  private ActivationMatching(PermutationSpec spec) {
    this.spec = requireNonNull(spec, "spec");
  }

  /**
   * Returns a matching of the units of a specification.
   *
   * @throws IllegalArgumentException naming every group that has no activations to match by, such as attention heads
   */
  public static ActivationMatching of(PermutationSpec spec) {
    List<String> blind = spec.groups().stream().filter(group -> group.layers().isEmpty()).map(PermutationGroup::name).toList();
    if (!blind.isEmpty()) {
      throw new IllegalArgumentException("no activations show the units of %s; match them by their weights, or leave them out"
          .formatted(blind));
    }
    return new ActivationMatching(spec);
  }

  /**
   * Returns a new network: {@code b} with its units in the order in which they answer most like {@code a}'s.
   *
   * @param batches inputs {@code [N, ...]}, at least one batch; not modified
   * @throws IllegalArgumentException if there is no batch
   */
  public static MultiLayerNetwork align(MultiLayerNetwork a, MultiLayerNetwork b, Iterable<INDArray> batches) {
    return of(PermutationSpec.of(a)).match(a.toComputationGraph(), b.toComputationGraph(), batches).apply(b);
  }

  /**
   * Returns a new graph: {@code b} with its units in the order in which they answer most like {@code a}'s.
   *
   * @param batches inputs {@code [N, ...]} of the graph's one input, at least one batch; not modified
   * @throws IllegalArgumentException if there is no batch, or the graph has several inputs
   */
  public static ComputationGraph align(ComputationGraph a, ComputationGraph b, Iterable<INDArray> batches) {
    return of(PermutationSpec.of(a)).match(a, b, batches).apply(b);
  }

  /**
   * Returns a new model: {@code b} with the hidden units of its MLPs in the order in which they answer most like {@code a}'s.
   *
   * @param batches at least one; every token is a sample
   */
  public static LanguageModel align(LanguageModel a, LanguageModel b, Iterable<TokenBatch> batches) {
    return of(PermutationSpec.hiddenUnits(a)).match(a, b, batches).apply(b);
  }

  /**
   * Returns the alignment of two graphs' units.
   *
   * @param batches inputs {@code [N, ...]} of the graph's one input, at least one batch; not modified
   * @throws IllegalArgumentException if there is no batch, or the graph has several inputs, or a layer of the specification is not there
   */
  public Alignment match(ComputationGraph a, ComputationGraph b, Iterable<INDArray> batches) {
    GraphActivations left = new GraphActivations(a);
    GraphActivations right = new GraphActivations(b);
    Map<String, UnitCorrelations> correlations = new HashMap<>();
    for (INDArray batch : batches) {
      Map<String, INDArray> ofA = left.of(batch);
      Map<String, INDArray> ofB = right.of(batch);
      for (PermutationGroup group : spec.groups()) {
        for (String layer : group.layers()) {
          add(correlations, group, layer, left.rows(required(ofA, layer)), right.rows(required(ofB, layer)));
        }
      }
      GraphActivations.close(ofA, batch);
      GraphActivations.close(ofB, batch);
    }
    return assign(correlations);
  }

  /**
   * Returns the alignment of two models' units; the specification may name outputs of blocks and hidden units of MLPs.
   *
   * @param batches at least one; every token is a sample
   * @throws IllegalArgumentException if there is no batch, or a layer of the specification is not there
   */
  public Alignment match(LanguageModel a, LanguageModel b, Iterable<TokenBatch> batches) {
    List<String> layers = spec.groups().stream().flatMap(group -> group.layers().stream()).toList();
    return match(a.activations(batches, Pooling.ALL_TOKENS, layers), b.activations(batches, Pooling.ALL_TOKENS, layers));
  }

  /**
   * Returns the alignment of the units whose activations are given.
   *
   * @param a every layer of the specification's groups, {@code [n, units]}
   * @param b on the same samples
   * @throws IllegalArgumentException if the samples differ, a layer is missing, or has another number of units than its group
   */
  public Alignment match(Activations a, Activations b) {
    a.requireSameSamples(b);
    Map<String, UnitCorrelations> correlations = new HashMap<>();
    for (PermutationGroup group : spec.groups()) {
      group.layers().forEach(layer -> add(correlations, group, layer, a.get(layer), b.get(layer)));
    }
    return assign(correlations);
  }

  private static INDArray required(Map<String, INDArray> activations, String layer) {
    INDArray activation = activations.get(layer);
    if (activation == null) {
      throw new IllegalArgumentException("no layer \"%s\"; there are %s".formatted(layer, activations.keySet()));
    }
    return activation;
  }

  private static void add(Map<String, UnitCorrelations> correlations, PermutationGroup group, String layer, INDArray a, INDArray b) {
    if (a.size(1) != group.units() || b.size(1) != group.units()) {
      throw new IllegalArgumentException("layer \"%s\" shows %d and %d units; group \"%s\" has %d"
          .formatted(layer, a.size(1), b.size(1), group.name(), group.units()));
    }
    correlations.computeIfAbsent(layer, l -> new UnitCorrelations()).add(a, b);
  }

  private Alignment assign(Map<String, UnitCorrelations> correlations) {
    if (correlations.isEmpty()) {
      throw new IllegalArgumentException("no batch: units are matched by what they answer to at least two samples");
    }
    Map<String, Permutation> permutations = new LinkedHashMap<>();
    double before = 0;
    double after = 0;
    for (PermutationGroup group : spec.groups()) {
      int units = group.units();
      double[] scores = new double[units * units];
      for (String layer : group.layers()) {
        double[] ofLayer = correlations.get(layer).values();
        for (int i = 0; i < scores.length; i++) {
          if (!Double.isFinite(ofLayer[i])) {
            throw new IllegalArgumentException("layer \"%s\": unit %d of a or unit %d of b answers NaN or infinity"
                .formatted(layer, i / units, i % units));
          }
          scores[i] += ofLayer[i];
        }
      }
      Permutation best = group.best(scores);
      for (int unit = 0; unit < units; unit++) {
        before += scores[unit * units + unit];
        after += scores[unit * units + best.of(unit)];
      }
      permutations.put(group.name(), best);
    }
    return new Alignment(spec, permutations, List.of(before, after), List.of());
  }
}
