package io.modelweave.cka;

import static java.util.Objects.requireNonNull;

import io.modelweave.cka.kernels.LinearKernel;
import io.modelweave.cka.kernels.RbfKernel;
import io.modelweave.core.Activations;
import io.modelweave.core.BatchWorkers;
import java.util.Locale;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Centred kernel alignment: how alike two sets of features describe the same samples, whatever their widths.
 *
 * <p>{@code CKA = HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L))}, where {@code K} and {@code L} are the {@code [n, n]} Gram
 * matrices of features {@code [n, p]} and {@code [n, q]}. With the linear kernel it does not change under orthogonal maps, isotropic
 * scaling and translation of either side, and does change under a general linear map. Each {@link Score} holds the debiased value,
 * which is near 0 for unrelated features, and the biased one, which is near {@link Score#nullFloor()} for them.
 *
 * <p>Features are centred before any product; FLOAT and narrower features are then multiplied in FLOAT and summed in DOUBLE, others are
 * DOUBLE throughout, as are all with {@link #inDouble()} and where a kernel leaves the range of FLOAT. Nothing is clamped and no epsilon
 * is added. Arguments are neither modified nor closed. Objects are immutable and may be shared between threads; each step returns a new one.
 *
 * <pre>{@code
 * Score score = Cka.linear().compare(x, y);
 * CkaMatrix map = Cka.rbf(Bandwidth.median()).heatMap(activationsOfA, activationsOfB);
 * map.writePng(Path.of("cka.png"));
 * }</pre>
 *
 * <p>Source: Kornblith, Norouzi, Lee and Hinton 2019 (arXiv 1905.00414); Gretton et al. 2005 (biased HSIC); Song et al. 2012
 * (unbiased HSIC); Nguyen, Raghu and Kornblith 2021 (arXiv 2010.15327, debiased CKA and layer maps).
 */
public final class Cka implements Similarity {

  private final Kernel kernel;
  private final Settings settings;

  private Cka(Kernel kernel, Settings settings) {
    this.kernel = kernel;
    this.settings = settings;
  }

  /** Returns CKA with the linear kernel {@code K = X Xᵀ}. */
  public static Cka linear() {
    return of(Kernel.linear());
  }

  /** Returns CKA with the kernel {@code exp(-‖x - y‖²/(2σ²))}, σ chosen for each layer by the rule. */
  public static Cka rbf(Bandwidth bandwidth) {
    return of(Kernel.rbf(bandwidth));
  }

  /** Returns CKA with any kernel; the others are made by {@link Kernel}, and may be your own. */
  public static Cka of(Kernel kernel) {
    return new Cka(requireNonNull(kernel, "kernel"), Settings.DEFAULT);
  }

  /** Returns the same measure whose {@link Score#value()} and its standard error are by the given estimator; DEBIASED at first. */
  public Cka estimator(HsicEstimator estimator) {
    return with(settings.estimator(requireNonNull(estimator, "estimator")));
  }

  /**
   * Returns the same measure computed in the given way: the ways agree up to rounding and differ in cost. CHEAPEST at first.
   *
   * @throws IllegalArgumentException if it is FEATURE_SPACE and the kernel is not linear
   */
  public Cka computation(Computation computation) {
    if (computation == Computation.FEATURE_SPACE && !(kernel instanceof LinearKernel)) {
      throw new IllegalArgumentException(
          "only the linear kernel is a product of features, but this is %s; choose GRAM_SPACE".formatted(kernel.name()));
    }
    return with(settings.computation(requireNonNull(computation, "computation")));
  }

  /**
   * Returns the same measure with Gram matrices computed {@code edge} rows and columns at a time; 256 at first. A map of {@code L} layers
   * needs memory for some {@code 4L edge²} elements, and 72 MiB more for tiles that all fit in there, which are then computed once and not
   * twice; an edge of at least {@code n} holds them whole.
   *
   * @throws IllegalArgumentException unless {@code edge} is at least 1
   */
  public Cka tile(int edge) {
    if (edge < 1) {
      throw new IllegalArgumentException("a tile needs at least one row, not %d".formatted(edge));
    }
    return with(settings.tile(edge));
  }

  /** Returns the same measure with all products in DOUBLE, also of features in FLOAT: about half as fast. */
  public Cka inDouble() {
    return with(settings.inDouble(true));
  }

  /**
   * Returns the same measure whose standard error leaves out every sample in turn, also where that doubles the cost: in
   * {@link Computation#FEATURE_SPACE} with more than 1024 samples, of which otherwise 128 are left out. Elsewhere it is exact anyway.
   */
  public Cka exactStandardError() {
    return with(settings.exactError(true));
  }

  /**
   * Returns the same measure that works on several layers at once, with the same results to the last bit; one at a time at first. Set the
   * environment variable {@code OMP_NUM_THREADS=1}, see {@link BatchWorkers}. A kernel of your own must be safe for threads.
   */
  public Cka workers(BatchWorkers workers) {
    return with(settings.workers(requireNonNull(workers, "workers")));
  }

  private Cka with(Settings changed) {
    return new Cka(kernel, changed);
  }

  /**
   * Returns the similarity of two sets of features of the same samples: {@code value} at most 1, below 0 only by chance.
   *
   * <p>Costs the cheaper of {@code n(p + q)²} and {@code n²(p + q)} operations, and one copy of each argument.
   *
   * @param x {@code [n, p]}, one row a sample, any floating or integer type
   * @param y {@code [n, q]}, the same samples in the same order
   * @return a score whose status is not {@code OK}, with NaN for what is undefined, if a side is constant
   * @throws IllegalArgumentException if an array is not of rank 2, is empty, or holds NaN or an infinity; if the numbers of rows
   *     differ; or if {@code n < 4}
   */
  @Override
  public Score compare(INDArray x, INDArray y) {
    return ScoreTable.of(kernel, settings, Inputs.pair(x, y))[0][0];
  }

  /**
   * Returns the scores of every layer of {@code a} (rows) against every layer of {@code b} (columns).
   *
   * <p>What concerns one layer alone is computed once; of Gram matrices only tiles are held.
   *
   * @throws IllegalArgumentException if {@code a} and {@code b} are not of the same samples, there are fewer than 4, or a layer,
   *     which is named, is empty or holds NaN or an infinity
   */
  public CkaMatrix heatMap(Activations a, Activations b) {
    return new CkaMatrix(a.layers(), b.layers(), ScoreTable.of(kernel, settings, Inputs.models(a, b)), false);
  }

  /**
   * Returns the scores of every layer of one model against every other: symmetric, with 1 on the diagonal.
   *
   * <p>Half the work of {@link #heatMap(Activations, Activations)} of a model with itself.
   *
   * @throws IllegalArgumentException if there are fewer than 4 samples, or a layer, which is named, is empty or holds NaN or an
   *     infinity
   */
  public CkaMatrix heatMap(Activations a) {
    return new CkaMatrix(a.layers(), a.layers(), ScoreTable.of(kernel, settings, Inputs.model(a)), true);
  }

  /**
   * Returns the most similar pair of layers together with how often chance alone gives one as similar somewhere in the map.
   *
   * <p>Holds Gram matrices whole, in FLOAT: {@code n²} numbers for each layer, and costs {@code n²} operations for each pair of layers and
   * each permutation: for maps of some thousand samples.
   *
   * @param permutations random orders of the samples of b, at least 1; 999 tell p-values down to 0.001
   * @throws IllegalArgumentException as {@link #heatMap(Activations, Activations)}; or if no pair has a debiased value
   */
  public MaximumTest maximum(Activations a, Activations b, int permutations, long seed) {
    if (permutations < 1) {
      throw new IllegalArgumentException("a null distribution needs at least one permutation, not %d".formatted(permutations));
    }
    return ScoreTable.maximum(kernel, settings, Inputs.models(a, b), a.layers(), b.layers(), permutations, seed);
  }

  /**
   * Returns the value and its gradient with respect to both sides, for use in a loss: of the linear or RBF kernel, by the BIASED or the
   * DEBIASED estimator.
   *
   * <p>A bandwidth that follows the data is taken as given: it is not differentiated. Computed in DOUBLE with {@code [n, n]} arrays, in
   * {@code O(n²(p + q))}: meant for batches.
   *
   * @param x {@code [n, p]}, FLOAT or DOUBLE
   * @param y {@code [n, q]}, the same samples in the same order
   * @throws IllegalArgumentException as {@link #compare}; also if a side is constant, the estimate of a side with itself is 0, or kernel or
   *     estimator are others
   */
  public CkaGradient gradient(INDArray x, INDArray y) {
    if (!(kernel instanceof LinearKernel || kernel instanceof RbfKernel) || settings.estimator() == HsicEstimator.LANGE) {
      throw new IllegalArgumentException("the gradient is known of linear and RBF kernels by BIASED and DEBIASED, not of %s by %s"
          .formatted(kernel.name(), settings.estimator()));
    }
    Inputs.pair(x, y);
    try (GradientSide left = new GradientSide(x, "x", kernel, settings.estimator());
        GradientSide right = new GradientSide(y, "y", kernel, settings.estimator())) {
      double xx = left.withItself();
      double yy = right.withItself();
      double value = HsicEstimator.ratio(left.with(right), xx, yy);
      return new CkaGradient(value, left.towards(right, value, xx, yy, x.dataType()), right.towards(left, value, yy, xx, y.dataType()));
    }
  }

  /** Returns {@code "cka"}, then the family of the kernel unless it is linear, then the estimator unless it is DEBIASED. */
  @Override
  public String name() {
    String family = kernel instanceof LinearKernel ? "" : "-" + kernel.name().replaceFirst("\\(.*", "");
    String estimator = settings.estimator() == HsicEstimator.DEBIASED ? "" : "-" + settings.estimator().name().toLowerCase(Locale.ROOT);
    return "cka" + family + estimator;
  }

  @Override
  public String citation() {
    return "Kornblith, Norouzi, Lee and Hinton 2019 (arXiv 1905.00414); " + switch (settings.estimator()) {
      case BIASED -> "HSIC of Gretton et al. 2005";
      case DEBIASED -> "debiased as by Nguyen, Raghu and Kornblith 2021 (arXiv 2010.15327), HSIC of Song et al. 2012";
      case LANGE -> "HSIC of Lange et al. 2023";
    };
  }

  /** Returns the invariances of the kernel; the range holds for positive semi-definite ones. */
  @Override
  public Traits traits() {
    double lowest = settings.estimator() == HsicEstimator.BIASED ? 0 : -1;
    return new Traits(true, true, lowest, 1, kernel.invariances());
  }

  @Override
  public String toString() {
    return "Cka[%s, %s]".formatted(kernel.name(), settings.estimator());
  }
}
