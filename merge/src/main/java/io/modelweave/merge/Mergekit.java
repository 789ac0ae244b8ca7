package io.modelweave.merge;

import io.modelweave.merge.method.MergeMethod;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** The methods of mergekit by the names of its recipes, computing what it computes. */
public final class Mergekit {

  private static final Map<String, Supplier<MergeMethod>> METHODS = new TreeMap<>(Map.ofEntries(
      Map.entry("linear", Linear::new),
      Map.entry("slerp", Slerp::new),
      Map.entry("nuslerp", NuSlerp::new),
      Map.entry("multislerp", MultiSlerp::new),
      Map.entry("karcher", () -> new Karcher().mergekit()),
      Map.entry("task_arithmetic", TaskArithmetic::new),
      Map.entry("ties", () -> Ties.density(1).mergekit()),
      Map.entry("dare_linear", () -> new Dare().mergekit()),
      Map.entry("dare_ties", () -> new Dare().withSignElection().mergekit()),
      Map.entry("della", () -> new Della().mergekit()),
      Map.entry("della_linear", () -> new Della().withoutSignElection().mergekit()),
      Map.entry("breadcrumbs", () -> new Breadcrumbs().mergekit()),
      Map.entry("breadcrumbs_ties", () -> new Breadcrumbs().withSignElection().mergekit()),
      Map.entry("model_stock", () -> new ModelStock().mergekit()),
      Map.entry("nearswap", NearSwap::new),
      Map.entry("sce", () -> new Sce().mergekit()),
      Map.entry("arcee_fusion", ArceeFusion::new),
      Map.entry("ram", Ram::new),
      Map.entry("ramplus_tl", () -> new Ram().plus()),
      Map.entry("passthrough", Passthrough::new)));

  private Mergekit() {}

  /** Returns the names of all methods, in alphabetical order. */
  public static List<String> names() {
    return List.copyOf(METHODS.keySet());
  }

  /**
   * Returns a method in mergekit's variant.
   *
   * @param name as in {@code merge_method}
   * @throws IllegalArgumentException listing all names, if there is no such method
   */
  public static MergeMethod method(String name) {
    Supplier<MergeMethod> method = METHODS.get(name);
    if (method == null) {
      throw new IllegalArgumentException("there is no merge method \"%s\"; there are %s".formatted(name, String.join(", ",
          METHODS.keySet())));
    }
    return method.get();
  }
}
