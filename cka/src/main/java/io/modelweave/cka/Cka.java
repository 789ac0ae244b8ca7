package io.modelweave.cka;

import static java.util.Objects.requireNonNull;

import io.modelweave.core.Activations;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Centred kernel alignment: how alike two sets of features describe the same samples, whatever their widths.
 *
 * <p>{@code CKA = HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L))}, where {@code K} and {@code L} are the {@code [n, n]} Gram
 * matrices of features {@code [n, p]} and {@code [n, q]}. It does not change under orthogonal maps, isotropic scaling and
 * translation of either side, and does change under a general linear map. Each {@link Score} holds the debiased value, which is
 * near 0 for unrelated features, and the biased one, which is near {@link Score#nullFloor()} for them.
 *
 * <p>Everything is computed in DOUBLE on centred features, whatever the input's type; nothing is clamped and no epsilon is
 * added. Arguments are neither modified nor closed. Objects are immutable and may be shared between threads.
 *
 * <pre>{@code
 * Score score = Cka.linear().compare(x, y);
 * CkaMatrix map = Cka.linear().heatMap(activationsOfA, activationsOfB);
 * map.writePng(Path.of("cka.png"));
 * }</pre>
 *
 * <p>Source: Kornblith, Norouzi, Lee and Hinton 2019 (arXiv 1905.00414); Gretton et al. 2005 (biased HSIC); Song et al. 2012
 * (unbiased HSIC); Nguyen, Raghu and Kornblith 2021 (arXiv 2010.15327, debiased CKA and layer maps).
 */
public final class Cka {

  private final Kernel kernel;
  private final GramForm form;

  private Cka(Kernel kernel, GramForm form) {
    this.kernel = kernel;
    this.form = form;
  }

  /** Returns CKA with the linear kernel {@code K = X Xᵀ}. */
  public static Cka linear() {
    return new Cka(new LinearKernel(), GramForm.CHEAPER);
  }

  /** Returns the same measure computed in the given form: the forms agree up to rounding and differ in cost. */
  Cka in(GramForm chosen) {
    return new Cka(kernel, chosen);
  }

  /**
   * Returns the similarity of two sets of features of the same samples: {@code value} at most 1, below 0 only by chance.
   *
   * <p>Costs the cheaper of {@code 4n(p² + q² + pq)} flops and {@code n²(p + q)} flops, and one DOUBLE copy of each argument.
   *
   * @param x {@code [n, p]}, one row a sample, any floating or integer type
   * @param y {@code [n, q]}, the same samples in the same order
   * @return a score whose status is not {@code OK}, with NaN for what is undefined, if a side is constant
   * @throws IllegalArgumentException if an array is not of rank 2, is empty, or holds NaN or an infinity; if the numbers of rows
   *     differ; or if {@code n < 4}
   */
  public Score compare(INDArray x, INDArray y) {
    int n = CenteredFeatures.requireRows(requireNonNull(x, "x"), "x");
    int m = CenteredFeatures.requireRows(requireNonNull(y, "y"), "y");
    if (n != m) {
      throw new IllegalArgumentException(
          "cannot compare features of different samples: x is %s, y is %s; give both one row for each of the same samples, in the same order"
              .formatted(Arrays.toString(x.shape()), Arrays.toString(y.shape())));
    }
    requireEnough(n, "x and y");
    GramForm chosen = choose(n, new int[] {(int) x.size(1)}, new int[] {(int) y.size(1)});
    try (Layer left = layer(x, "x", chosen); Layer right = layer(y, "y", chosen)) {
      return left.scoreAgainst(right);
    }
  }

  /**
   * Returns the scores of every layer of {@code a} (rows) against every layer of {@code b} (columns).
   *
   * <p>Each layer is centred, and its own HSIC computed, once; all layers are held in DOUBLE, as features or as half a Gram
   * matrix, until the map is done.
   *
   * @throws IllegalArgumentException if {@code a} and {@code b} are not of the same samples, there are fewer than 4, or a layer,
   *     which is named, is empty or holds NaN or an infinity
   */
  public CkaMatrix heatMap(Activations a, Activations b) {
    requireNonNull(a, "a").requireSameSamples(requireNonNull(b, "b"));
    requireEnough(a.samples(), "a and b");
    GramForm chosen = choose(a.samples(), widths(a, " of a"), widths(b, " of b"));
    List<Layer> open = new ArrayList<>();
    try {
      List<Layer> rows = layers(a, " of a", chosen, open);
      List<Layer> columns = layers(b, " of b", chosen, open);
      Score[][] scores = new Score[rows.size()][columns.size()];
      for (int i = 0; i < rows.size(); i++) {
        for (int j = 0; j < columns.size(); j++) {
          scores[i][j] = rows.get(i).scoreAgainst(columns.get(j));
        }
      }
      return new CkaMatrix(a.layers(), b.layers(), scores, false);
    } finally {
      open.forEach(Layer::close);
    }
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
    requireEnough(requireNonNull(a, "a").samples(), "a");
    int[] widths = widths(a, "");
    GramForm chosen = choose(a.samples(), widths, widths);
    List<Layer> open = new ArrayList<>();
    try {
      List<Layer> layers = layers(a, "", chosen, open);
      Score[][] scores = new Score[layers.size()][layers.size()];
      for (int i = 0; i < layers.size(); i++) {
        for (int j = i; j < layers.size(); j++) {
          scores[i][j] = layers.get(i).scoreAgainst(layers.get(j));
          scores[j][i] = i == j ? scores[i][j] : scores[i][j].transposed();
        }
      }
      return new CkaMatrix(a.layers(), a.layers(), scores, true);
    } finally {
      open.forEach(Layer::close);
    }
  }

  private GramForm choose(int n, int[] widthsA, int[] widthsB) {
    return form == GramForm.CHEAPER ? kernel.cheapest(n, widthsA, widthsB) : form;
  }

  private Layer layer(INDArray array, String label, GramForm chosen) {
    CenteredFeatures features = CenteredFeatures.of(array, label);
    return Layer.of(label, features.width(), kernel.gram(features, chosen));
  }

  /** Adds each layer to {@code open} as soon as it holds native memory, so that a bad later layer leaks nothing. */
  private List<Layer> layers(Activations activations, String owner, GramForm chosen, List<Layer> open) {
    List<Layer> layers = new ArrayList<>();
    for (String name : activations.layers()) {
      Layer layer = layer(activations.get(name), label(name, owner), chosen);
      open.add(layer);
      layers.add(layer);
    }
    return layers;
  }

  private static int[] widths(Activations activations, String owner) {
    return activations.layers().stream().mapToInt(name -> {
      INDArray array = activations.get(name);
      CenteredFeatures.requireRows(array, label(name, owner));
      return (int) array.size(1);
    }).toArray();
  }

  private static String label(String name, String owner) {
    return "layer \"" + name + "\"" + owner;
  }

  private static void requireEnough(int n, String where) {
    if (n < Score.FEWEST_SAMPLES) {
      throw new IllegalArgumentException(
          "debiased CKA needs at least %d samples, but there are %d in %s; its estimator divides by n(n - 3), so record more samples"
              .formatted(Score.FEWEST_SAMPLES, n, where));
    }
  }
}
