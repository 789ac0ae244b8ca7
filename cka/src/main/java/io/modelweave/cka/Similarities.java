package io.modelweave.cka;

import static java.util.Map.entry;
import static java.util.Objects.requireNonNull;

import io.modelweave.cka.distances.Correlation;
import io.modelweave.cka.distances.Dissimilarity;
import io.modelweave.cka.distances.DistanceCorrelation;
import io.modelweave.cka.distances.Rsa;
import io.modelweave.cka.linear.CanonicalCorrelation;
import io.modelweave.cka.linear.LinearPrediction;
import io.modelweave.cka.linear.Procrustes;
import io.modelweave.cka.neighbors.IntrinsicDistance;
import io.modelweave.cka.neighbors.NearestNeighborAlignment;
import io.modelweave.cka.neighbors.Neighborhoods;
import io.modelweave.cka.neighbors.Proximity;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * All measures of this library, by name.
 *
 * <pre>{@code
 * double shared = Similarities.named("mutual-knn", Map.of("k", 5.0)).compare(x, y).value();
 * for (String name : Similarities.names()) {
 *   System.out.println(name + " " + Similarities.parameters(name));
 * }
 * }</pre>
 */
public final class Similarities {

  /** How a measure is made of the values of its parameters. */
  private record Recipe(Map<String, Double> defaults, Function<Map<String, Double>, Similarity> factory) {}

  private static final Map<String, Recipe> RECIPES = recipes();

  private Similarities() {}

  /** Returns the names, in alphabetical order. */
  public static Set<String> names() {
    return Collections.unmodifiableSet(new TreeSet<>(RECIPES.keySet()));
  }

  /**
   * Returns the parameters of a measure with their defaults; empty for most. {@code k}, {@code degree}, {@code lambda}, {@code alpha} and
   * {@code variance} are its own, {@code factor} is what the median distance is multiplied by to give a bandwidth.
   */
  public static Map<String, Double> parameters(String name) {
    return recipe(name).defaults();
  }

  /**
   * Returns a measure with the defaults of its parameters.
   *
   * @throws IllegalArgumentException with the list of names if there is no such measure
   */
  public static Similarity named(String name) {
    return named(name, Map.of());
  }

  /**
   * Returns a measure.
   *
   * @param parameters the values of some or all of its {@link #parameters(String)}
   * @throws IllegalArgumentException if there is no such measure, or it has no such parameter, or a value is out of its range
   */
  public static Similarity named(String name, Map<String, Double> parameters) {
    Recipe recipe = recipe(name);
    Set<String> unknown = new TreeSet<>(parameters.keySet());
    unknown.removeAll(recipe.defaults().keySet());
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException("%s has no parameter %s; it has %s".formatted(name, String.join(", ", unknown),
          recipe.defaults().isEmpty() ? "none" : String.join(", ", recipe.defaults().keySet())));
    }
    Map<String, Double> values = new TreeMap<>(recipe.defaults());
    values.putAll(parameters);
    return recipe.factory().apply(values);
  }

  private static Recipe recipe(String name) {
    Recipe recipe = RECIPES.get(requireNonNull(name, "name"));
    if (recipe == null) {
      throw new IllegalArgumentException("there is no measure \"%s\"; there are %s".formatted(name, String.join(", ", names())));
    }
    return recipe;
  }

  private static Map<String, Recipe> recipes() {
    Map<String, Recipe> recipes = new TreeMap<>();
    List<Supplier<Similarity>> plain = new ArrayList<>(List.of(
        CanonicalCorrelation::mean, CanonicalCorrelation::meanSquared, CanonicalCorrelation::meanSquaredUncentered,
        CanonicalCorrelation::projectionWeighted, Procrustes::cosine, Procrustes::bures, Procrustes::angle, Procrustes::distance,
        Procrustes::sizeAndShape, LinearPrediction::explainedVariance, DistanceCorrelation::biased, DistanceCorrelation::unbiasedSquared));
    for (Dissimilarity dissimilarity : Dissimilarity.values()) {
      for (Correlation correlation : Correlation.values()) {
        plain.add(() -> Rsa.by(correlation, dissimilarity));
      }
    }
    plain.forEach(measure -> recipes.put(measure.get().name(), new Recipe(Map.of(), values -> measure.get())));
    recipes.put("svcca", new Recipe(Map.of("variance", 0.99),
        values -> CanonicalCorrelation.ofPrincipalDirections(values.get("variance"))));
    recipes.put("shape-angle", new Recipe(Map.of("alpha", 0.5), values -> Procrustes.shapeAngle(values.get("alpha"))));
    recipes.put("gulp", new Recipe(Map.of("lambda", 0.01), values -> LinearPrediction.gulp(values.get("lambda"))));
    for (HsicEstimator estimator : HsicEstimator.values()) {
      kernels(recipes, estimator);
    }
    ofNeighbors(recipes, 10, NearestNeighborAlignment::platonic);
    ofNeighbors(recipes, 10, NearestNeighborAlignment::symmetric);
    ofNeighbors(recipes, 5, IntrinsicDistance::exact);
    ofNeighbors(recipes, 10, Neighborhoods::secondOrder);
    ofNeighbors(recipes, 10, Neighborhoods::secondOrderOfCosines);
    for (Proximity proximity : Proximity.values()) {
      Collection<BiFunction<Integer, Proximity, Similarity>> lists = List.of(Neighborhoods::mutual, Neighborhoods::cycle,
          Neighborhoods::longestCommonSubsequence, Neighborhoods::edit, Neighborhoods::jaccard, Neighborhoods::rank);
      lists.forEach(measure -> ofNeighbors(recipes, 10, k -> measure.apply(k, proximity)));
    }
    return recipes;
  }

  private static void kernels(Map<String, Recipe> recipes, HsicEstimator estimator) {
    Map<String, Double> median = Map.of("factor", 1.0);
    List<Recipe> kernels = List.of(
        new Recipe(Map.of(), values -> cka(Kernel.linear(), estimator)),
        new Recipe(Map.of(), values -> cka(Kernel.cosine(), estimator)),
        new Recipe(Map.of("degree", 3.0), values -> cka(Kernel.polynomial(wholeNumber("degree", values.get("degree"))), estimator)),
        new Recipe(median, values -> cka(Kernel.rbf(Bandwidth.median(values.get("factor"))), estimator)),
        new Recipe(median, values -> cka(Kernel.laplacian(Bandwidth.median(values.get("factor"))), estimator)));
    kernels.forEach(recipe -> recipes.put(recipe.factory().apply(recipe.defaults()).name(), recipe));
  }

  private static Similarity cka(Kernel kernel, HsicEstimator estimator) {
    return Cka.of(kernel).estimator(estimator).inDouble();
  }

  private static void ofNeighbors(Map<String, Recipe> recipes, int usual, IntFunction<Similarity> measure) {
    recipes.put(measure.apply(usual).name(), new Recipe(Map.ofEntries(entry("k", (double) usual)),
        values -> measure.apply(wholeNumber("number of neighbours", values.get("k")))));
  }

  private static int wholeNumber(String what, double value) {
    if (value != Math.rint(value) || Math.abs(value) > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("the %s must be a whole number, but is %s".formatted(what, value));
    }
    return (int) value;
  }
}
