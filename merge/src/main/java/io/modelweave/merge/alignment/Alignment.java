package io.modelweave.merge.alignment;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.dl4j.NetworkWeights;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * One permutation for every group of a specification: how the units of model b line up with those of model a.
 *
 * @param spec what is permuted
 * @param permutations by group; unit {@code i} of the aligned model is unit {@code permutations(i)} of b
 * @param objective what the search maximised, after each step that was taken by the best attempt, never falling; the first value is that of
 *     its start. Weight matching: {@code <a, permuted b>} over all tensors that are permuted. Activation matching: before, after; the sum
 *     of the correlations of matched units
 * @param attempts every start that was tried with what it reached, in the order of the search
 */
public record Alignment(PermutationSpec spec, Map<String, Permutation> permutations, List<Double> objective, List<Attempt> attempts) {

  /**
   * One start of a search.
   *
   * @param groups the groups that it was for: they share tensors with each other and with no other group
   * @param start {@code "identity"}, {@code "optimistic"}, {@code "given"} or {@code "random <i>"}
   * @param objective the value that was reached
   * @param sweeps how often all groups were visited, the last visit having changed nothing unless the limit was hit
   */
  public record Attempt(List<String> groups, String start, double objective, int sweeps) {

    /** Copies the list. */
    public Attempt {
      groups = List.copyOf(groups);
    }
  }

  /**
   * Checks and copies the parts.
   *
   * @throws IllegalArgumentException if a group has no permutation of its size, or a permutation has no group
   */
  public Alignment {
    spec.requirePermutations(permutations);
    permutations = Collections.unmodifiableMap(new LinkedHashMap<>(permutations));
    objective = List.copyOf(objective);
    attempts = List.copyOf(attempts);
  }

  /** Returns an alignment that was not searched but is known, such as one that was planted. */
  public static Alignment of(PermutationSpec spec, Map<String, Permutation> permutations) {
    return new Alignment(spec, permutations, List.of(), List.of());
  }

  /** Returns the alignment that undoes this one. */
  public Alignment inverse() {
    Map<String, Permutation> inverse = new LinkedHashMap<>();
    permutations.forEach((group, permutation) -> inverse.put(group, permutation.inverse()));
    return of(spec, inverse);
  }

  /**
   * Returns a checkpoint with the units of {@code b} in their new order, permuted as it is read; needs {@code b} until the last read.
   * Elements are moved, bit for bit, not computed with. Memory: the last permuted tensor that was read.
   *
   * @throws io.modelweave.core.ModelMismatchException listing every tensor that does not fit the specification
   * @throws IllegalArgumentException if a tensor to be permuted has elements smaller than a byte or 2 GiB or more
   */
  public Checkpoint apply(Checkpoint b) {
    return new PermutedCheckpoint(b, this);
  }

  /** Returns a new network like {@code b} with its units in their new order; the updater is fresh. */
  public MultiLayerNetwork apply(MultiLayerNetwork b) {
    try (Checkpoint weights = NetworkWeights.checkpoint(b)) {
      return NetworkWeights.withWeights(b, apply(weights));
    }
  }

  /** Returns a new graph like {@code b} with its units in their new order; the updater is fresh. */
  public ComputationGraph apply(ComputationGraph b) {
    try (Checkpoint weights = NetworkWeights.checkpoint(b)) {
      return NetworkWeights.withWeights(b, apply(weights));
    }
  }

  /** Returns a new model like {@code b} with its units in their new order. */
  public LanguageModel apply(LanguageModel b) {
    try (Checkpoint weights = b.checkpoint()) {
      return LanguageModel.of(b.configuration(), apply(weights));
    }
  }
}
