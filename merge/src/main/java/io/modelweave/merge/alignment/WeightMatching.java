package io.modelweave.merge.alignment;

import static java.util.Objects.requireNonNull;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.checkpoint.CheckpointComparison;
import io.modelweave.core.dl4j.NetworkWeights;
import io.modelweave.merge.alignment.Alignment.Attempt;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;

/**
 * Finds the permutation of b's units that brings its weights nearest to a's: the largest {@code <a, permuted b>}, which is the smallest
 * distance.
 *
 * <pre>{@code
 * MultiLayerNetwork aligned = WeightMatching.align(a, b);
 * Alignment alignment = WeightMatching.of(spec).restarts(10).seed(1).match(checkpointA, checkpointB);
 * }</pre>
 *
 * <p>Coordinate ascent: one group after the other, in an order drawn anew for each sweep, takes the permutation that is best for the
 * present permutations of all others (an exact linear assignment), if that raises the objective by more than a relative 1e-12. The problem
 * is NP-hard, and where units are shared by many tensors, as in a residual stream, ascent from the identity ends in poor local optima.
 * Hence several starts, of which the best result is kept: the identity (the published algorithm); an <em>optimistic</em> start, which
 * settles one group after the other, judging tensors that meet a group that is not settled yet by what the best permutation of that
 * group could give; and as many random ones as asked for. Groups that share no tensor are matched apart, and a group on its own is solved
 * exactly, without restarts.
 *
 * <p>Arithmetic is in double; cost of a step: the product {@code [units, rest] x [rest, units]} and {@code O(units^3)} for the assignment.
 * Memory: 16 bytes for every element of the tensors that belong together.
 *
 * <p>Source: Ainsworth, Hayase and Srinivasa, "Git Re-Basin", 2022, arXiv 2209.04836, algorithm 1; the optimistic start and the
 * restarts are ours.
 */
public final class WeightMatching {

  private final PermutationSpec spec;
  private final int restarts;
  private final int sweeps;
  private final long seed;
  private final @Nullable Alignment start;

  private WeightMatching(PermutationSpec spec, int restarts, int sweeps, long seed, @Nullable Alignment start) {
    this.spec = requireNonNull(spec, "spec");
    this.restarts = restarts;
    this.sweeps = sweeps;
    this.seed = seed;
    this.start = start;
  }

  /** Returns a search with 3 random starts, at most 100 sweeps each, and seed 0. */
  public static WeightMatching of(PermutationSpec spec) {
    return new WeightMatching(spec, 3, 100, 0, null);
  }

  /** Returns a new network: {@code b} with its units in the order that fits {@code a} best, by the default search. */
  public static MultiLayerNetwork align(MultiLayerNetwork a, MultiLayerNetwork b) {
    try (Checkpoint left = NetworkWeights.checkpoint(a);
        Checkpoint right = NetworkWeights.checkpoint(b)) {
      return of(PermutationSpec.of(a)).match(left, right).apply(b);
    }
  }

  /** Returns a new graph: {@code b} with its units in the order that fits {@code a} best, by the default search. */
  public static ComputationGraph align(ComputationGraph a, ComputationGraph b) {
    try (Checkpoint left = NetworkWeights.checkpoint(a);
        Checkpoint right = NetworkWeights.checkpoint(b)) {
      return of(PermutationSpec.of(a)).match(left, right).apply(b);
    }
  }

  /**
   * Returns a new model: {@code b} with hidden units, heads and residual channels in the order that fits {@code a} best, by the default
   * search.
   */
  public static LanguageModel align(LanguageModel a, LanguageModel b) {
    try (Checkpoint left = a.checkpoint();
        Checkpoint right = b.checkpoint()) {
      return of(PermutationSpec.all(a)).match(left, right).apply(b);
    }
  }

  /**
   * Returns a search with so many random starts, besides the identity and the optimistic one.
   *
   * @throws IllegalArgumentException if the number is negative
   */
  public WeightMatching restarts(int newRestarts) {
    if (newRestarts < 0) {
      throw new IllegalArgumentException("%d restarts; there cannot be fewer than none".formatted(newRestarts));
    }
    return new WeightMatching(spec, newRestarts, sweeps, seed, start);
  }

  /**
   * Returns a search that visits all groups at most so often from each start.
   *
   * @throws IllegalArgumentException if the number is not positive
   */
  public WeightMatching sweeps(int newSweeps) {
    if (newSweeps < 1) {
      throw new IllegalArgumentException("%d sweeps; there must be at least one".formatted(newSweeps));
    }
    return new WeightMatching(spec, restarts, newSweeps, seed, start);
  }

  /** Returns a search that draws orders and random starts from another seed. */
  public WeightMatching seed(long newSeed) {
    return new WeightMatching(spec, restarts, sweeps, newSeed, start);
  }

  /**
   * Returns a search that also starts from a given alignment, such as one by {@link ActivationMatching}.
   *
   * @throws IllegalArgumentException if it is of other groups
   */
  public WeightMatching startingFrom(Alignment newStart) {
    spec.requirePermutations(newStart.permutations());
    return new WeightMatching(spec, restarts, sweeps, seed, newStart);
  }

  /**
   * Returns the best alignment of {@code b} with {@code a} that was found. The same seed gives the same result.
   *
   * @param a not modified
   * @param b the checkpoint whose units will move; not modified
   * @throws ModelMismatchException listing every tensor that the two do not share, or that does not fit the specification
   * @throws IllegalArgumentException naming the tensor, if one that is matched holds a NaN or an infinity in either model
   */
  public Alignment match(Checkpoint a, Checkpoint b) {
    CheckpointComparison.requireSameTensors("cannot match %s and %s".formatted(a.source(), b.source()), a, b);
    spec.requireFit(a);
    Map<String, Permutation> best = new LinkedHashMap<>(spec.identity());
    List<List<Double>> objectives = new ArrayList<>();
    List<Attempt> attempts = new ArrayList<>();
    for (List<PermutationGroup> groups : independent(spec.groups())) {
      CoordinateAscent ascent = new CoordinateAscent(new MatchingProblem(groups, a, b), sweeps, seed);
      CoordinateAscent.Result result = ascent.best(restarts, start == null ? null : start.permutations());
      best.putAll(result.permutations());
      objectives.add(result.objective());
      attempts.addAll(ascent.attempts());
    }
    return new Alignment(spec, best, joined(objectives), attempts);
  }

  /** Returns the sum of several objectives that rise one after the other. */
  private static List<Double> joined(List<List<Double>> objectives) {
    double sum = objectives.stream().mapToDouble(values -> values.get(0)).sum();
    List<Double> joined = new ArrayList<>(List.of(sum));
    for (List<Double> values : objectives) {
      for (double value : values.subList(1, values.size())) {
        joined.add(sum + value - values.get(0));
      }
      sum += values.get(values.size() - 1) - values.get(0);
    }
    return joined;
  }

  /** Returns the groups in sets that share no tensor. */
  private static List<List<PermutationGroup>> independent(List<PermutationGroup> groups) {
    List<List<PermutationGroup>> sets = new ArrayList<>();
    Set<PermutationGroup> left = new LinkedHashSet<>(groups);
    while (!left.isEmpty()) {
      Set<PermutationGroup> together = new LinkedHashSet<>(List.of(left.iterator().next()));
      Set<String> tensors = new LinkedHashSet<>();
      int before;
      do {
        before = together.size();
        together.forEach(group -> group.axes().forEach(axis -> tensors.add(axis.tensor())));
        left.stream().filter(group -> group.axes().stream().anyMatch(axis -> tensors.contains(axis.tensor()))).forEach(together::add);
      } while (together.size() > before);
      left.removeAll(together);
      sets.add(groups.stream().filter(together::contains).toList());
    }
    return sets;
  }
}
