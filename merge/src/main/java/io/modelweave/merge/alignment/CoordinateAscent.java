package io.modelweave.merge.alignment;

import io.modelweave.merge.alignment.Alignment.Attempt;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The search of {@link WeightMatching} for groups that belong together: several starts, and ascent from each. */
final class CoordinateAscent {

  /** A gain smaller than this share of the objective's scale is rounding, and taking it could go on forever. */
  private static final double RELATIVE_GAIN = 1e-12;

  private final MatchingProblem problem;
  private final int sweeps;
  private final SplittableRandom random;
  private final List<Attempt> attempts = new ArrayList<>();

  /** A local optimum with the objective on the way to it. */
  record Result(Map<String, Permutation> permutations, List<Double> objective) {

    double reached() {
      return objective.get(objective.size() - 1);
    }
  }

  CoordinateAscent(MatchingProblem problem, int sweeps, long seed) {
    this.problem = problem;
    this.sweeps = sweeps;
    this.random = new SplittableRandom(seed);
  }

  /** Returns what was tried so far. */
  List<Attempt> attempts() {
    return attempts;
  }

  Result best(int restarts, @Nullable Map<String, Permutation> given) {
    Result best = climb("identity", each(group -> Permutation.identity(group.units())));
    if (isSolvedByOneStep()) {
      return best;
    }
    best = better(best, climb("optimistic", optimistic()));
    if (given != null) {
      best = better(best, climb("given", each(group -> given.get(group.name()))));
    }
    for (int i = 1; i <= restarts; i++) {
      best = better(best, climb("random " + i, each(group -> group.random(random))));
    }
    return best;
  }

  /** One group that meets each tensor along one axis: its assignment is the whole problem. */
  private boolean isSolvedByOneStep() {
    List<PermutedAxis> axes = problem.groups().get(0).axes();
    return problem.groups().size() == 1 && axes.stream().map(PermutedAxis::tensor).distinct().count() == axes.size();
  }

  private static Result better(Result present, Result candidate) {
    return candidate.reached() > present.reached() ? candidate : present;
  }

  private Map<String, Permutation> each(Function<PermutationGroup, Permutation> start) {
    Map<String, Permutation> permutations = new LinkedHashMap<>();
    problem.groups().forEach(group -> permutations.put(group.name(), start.apply(group)));
    return permutations;
  }

  private Map<String, Permutation> optimistic() {
    Map<String, Permutation> settled = new LinkedHashMap<>();
    List<PermutationGroup> left = new ArrayList<>(problem.groups());
    while (!left.isEmpty()) {
      PermutationGroup next = left.stream().max(Comparator.comparingDouble(group -> problem.settledShare(group, settled))).orElseThrow();
      settled.put(next.name(), next.best(problem.optimisticGains(next, settled)));
      left.remove(next);
    }
    return settled;
  }

  private Result climb(String name, Map<String, Permutation> start) {
    Map<String, Permutation> present = new LinkedHashMap<>(start);
    List<Double> objective = new ArrayList<>(List.of(problem.objective(problem.groups(), present)));
    int sweep = 0;
    for (boolean rising = true; rising && sweep < sweeps; sweep++) {
      rising = false;
      for (int index : Permutation.random(problem.groups().size(), random).order()) {
        double gain = step(problem.groups().get(index), present);
        if (gain > 0) {
          objective.add(objective.get(objective.size() - 1) + gain);
          rising = true;
        }
      }
    }
    Result result = new Result(present, objective);
    attempts.add(new Attempt(problem.groups().stream().map(PermutationGroup::name).toList(), name, result.reached(), sweep));
    return result;
  }

  /** Gives one group its best permutation if that raises the objective; returns by how much, 0 if the group stays as it is. */
  private double step(PermutationGroup group, Map<String, Permutation> present) {
    Permutation old = present.get(group.name());
    List<PermutationGroup> changed = List.of(group);
    double before = problem.objective(changed, present);
    Permutation candidate = group.best(problem.gains(group, present));
    if (candidate.equals(old)) {
      return 0;
    }
    present.put(group.name(), candidate);
    double gain = problem.objective(changed, present) - before;
    if (gain > RELATIVE_GAIN * problem.scale()) {
      return gain;
    }
    present.put(group.name(), old);
    return 0;
  }
}
