package io.modelweave.merge;

import io.modelweave.merge.method.GramMerge;
import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.Partition;
import io.modelweave.merge.method.Settings;
import io.modelweave.merge.method.TensorMerge;
import io.modelweave.merge.method.Variant;
import java.util.Arrays;
import java.util.List;

/**
 * Karcher mean on a sphere: the direction with the least sum of squared angles to all models, times the mean of their norms.
 *
 * <p>From the normalised mean of the unit vectors {@code u_i}, repeats {@code T = mean_i (theta_i / sin theta_i) (u_i - cos theta_i u)},
 * {@code u <- cos|T| u + sin|T| T / |T|}. All iterates are combinations of the inputs, so that the iteration needs their dot products
 * only and the data are read twice, however many steps it takes. Models count alike. Parameters: {@code max_iter}, 10 by default, and
 * {@code tol}, 1e-5 by default, the step below which it stops. A zero tensor has no direction, and all zeros give zeros; in {@link
 * Variant#MERGEKIT} a norm up to {@code tol} counts as zero, here only one of 1e-12 of the largest does.
 *
 * <p>Source: Karcher, "Riemannian center of mass and mollifier smoothing", 1977; Buss and Fillmore, "Spherical averages and applications",
 * ACM TOG 2001.
 */
public final class Karcher implements MergeMethod {

  private static final double NO_NORM = 1e-12;

  private final Variant variant;

  /** Creates the method. */
  public Karcher() {
    this(Variant.PAPER);
  }

  private Karcher(Variant variant) {
    this.variant = variant;
  }

  /** Returns the method with mergekit's absolute threshold for zero norms. */
  public Karcher mergekit() {
    return new Karcher(Variant.MERGEKIT);
  }

  @Override
  public String name() {
    return variant.name("karcher");
  }

  @Override
  public String citation() {
    return "Karcher, Riemannian center of mass and mollifier smoothing, 1977; Buss and Fillmore, Spherical averages, ACM TOG 2001";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(Parameter.integer("max_iter", 10, 1, 1_000_000), Parameter.number("tol", 1e-5, 0, 1));
  }

  @Override
  public Inputs inputs() {
    return Inputs.atLeast(1, Inputs.Base.UNUSED);
  }

  @Override
  public TensorMerge begin(MergeGroup group) {
    Settings settings = group.first().settings();
    int steps = (int) settings.number("max_iter");
    double tolerance = settings.number("tol");
    return new GramMerge(group, Partition.WHOLE, gram -> coefficients(gram, steps, tolerance));
  }

  private double[] coefficients(double[][] gram, int steps, double tolerance) {
    int n = gram.length;
    if (n == 1) {
      return new double[] {1};
    }
    double[] norms = new double[n];
    for (int i = 0; i < n; i++) {
      norms[i] = Math.sqrt(gram[i][i]);
    }
    double zero = variant == Variant.MERGEKIT ? tolerance : NO_NORM * Arrays.stream(norms).max().orElse(0);
    int[] valid = java.util.stream.IntStream.range(0, n).filter(i -> norms[i] > zero).toArray();
    if (valid.length == 0) {
      return new double[n];
    }
    double[][] cosines = new double[valid.length][valid.length];
    for (int i = 0; i < valid.length; i++) {
      for (int j = 0; j < valid.length; j++) {
        cosines[i][j] = i == j ? 1 : gram[valid[i]][valid[j]] / (norms[valid[i]] * norms[valid[j]]);
      }
    }
    double[] direction = mean(cosines, steps, tolerance);
    double mean = Arrays.stream(norms).average().orElse(0);
    double[] coefficients = new double[n];
    for (int i = 0; i < valid.length; i++) {
      coefficients[valid[i]] = mean * direction[i] / norms[valid[i]];
    }
    return coefficients;
  }

  /** Returns the mean direction as a combination of the unit vectors. */
  private static double[] mean(double[][] cosines, int steps, double tolerance) {
    int n = cosines.length;
    double[] u = new double[n];
    Arrays.fill(u, 1.0 / n);
    double length = norm(u, cosines);
    if (length < tolerance) {
      Arrays.fill(u, 0);
      u[0] = 1;
    } else {
      divide(u, length);
    }
    for (int step = 0; step < steps; step++) {
      double[] tangent = tangent(u, cosines, tolerance);
      double size = norm(tangent, cosines);
      if (!(size >= tolerance)) {
        break;
      }
      for (int i = 0; i < n; i++) {
        u[i] = Math.cos(size) * u[i] + Math.sin(size) / size * tangent[i];
      }
      divide(u, norm(u, cosines));
    }
    return u;
  }

  private static double[] tangent(double[] u, double[][] cosines, double tolerance) {
    int n = u.length;
    double[] tangent = new double[n];
    double along = 0;
    for (int i = 0; i < n; i++) {
      double cosine = 0;
      for (int j = 0; j < n; j++) {
        cosine += cosines[i][j] * u[j];
      }
      cosine = Math.max(-1, Math.min(1, cosine));
      double theta = Math.acos(cosine);
      if (theta >= tolerance) {
        tangent[i] = theta / Math.sin(theta) / n;
        along += tangent[i] * cosine;
      }
    }
    for (int i = 0; i < n; i++) {
      tangent[i] -= along * u[i];
    }
    return tangent;
  }

  private static double norm(double[] combination, double[][] cosines) {
    double square = 0;
    for (int i = 0; i < combination.length; i++) {
      for (int j = 0; j < combination.length; j++) {
        square += combination[i] * combination[j] * cosines[i][j];
      }
    }
    return Math.sqrt(Math.max(0, square));
  }

  private static void divide(double[] values, double by) {
    for (int i = 0; i < values.length; i++) {
      values[i] /= by;
    }
  }
}
