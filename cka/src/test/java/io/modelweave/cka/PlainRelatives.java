package io.modelweave.cka;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.IntStream;

/**
 * The definitions of the measures other than CKA in plain Java, each by the plainest route there is: elimination instead of
 * singular values, all pairs instead of sorting, recursion instead of tables.
 */
final class PlainRelatives {

  private PlainRelatives() {}

  /** {@code tr((XᵀX)⁻¹ XᵀY (YᵀY)⁻¹ YᵀX) / min(p, q)}, for sides of full rank. */
  static double meanSquaredCanonicalCorrelation(double[][] x, double[][] y) {
    return gulpTrace(centered(x), centered(y), 0) / Math.min(x[0].length, y[0].length);
  }

  /** The share of x that the normal equations of y explain. */
  static double explainedVariance(double[][] x, double[][] y) {
    double[][] a = centered(x);
    double[][] b = centered(y);
    double[][] explained = times(b, solve(times(transposed(b), b), times(transposed(b), a)));
    double rest = 0;
    double all = 0;
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[i].length; j++) {
        rest += Math.pow(a[i][j] - explained[i][j], 2);
        all += a[i][j] * a[i][j];
      }
    }
    return 1 - rest / all;
  }

  static double gulp(double[][] x, double[][] y, double lambda) {
    double[][] a = scaledToUnitVariance(centered(x));
    double[][] b = scaledToUnitVariance(centered(y));
    return gulpTrace(a, a, lambda) + gulpTrace(b, b, lambda) - 2 * gulpTrace(a, b, lambda);
  }

  private static double gulpTrace(double[][] a, double[][] b, double lambda) {
    double[][] left = solve(ridge(times(transposed(a), a), lambda), times(transposed(a), b));
    double[][] right = solve(ridge(times(transposed(b), b), lambda), times(transposed(b), a));
    double[][] product = times(left, right);
    return IntStream.range(0, product.length).mapToDouble(i -> product[i][i]).sum();
  }

  private static double[][] ridge(double[][] m, double lambda) {
    for (int i = 0; i < m.length; i++) {
      m[i][i] += lambda;
    }
    return m;
  }

  private static double[][] scaledToUnitVariance(double[][] x) {
    double norm = Math.sqrt(Arrays.stream(x).flatMapToDouble(Arrays::stream).map(v -> v * v).sum());
    return Arrays.stream(x).map(row -> Arrays.stream(row).map(v -> v / norm).toArray()).toArray(double[][]::new);
  }

  /**
   * The Procrustes cosine of two-dimensional features, where the best rotation is a fraction: for {@code M = XᵀY},
   * {@code ‖M‖_* = √(‖M‖² + 2|det M|)}.
   */
  static double procrustesOfPlanes(double[][] x, double[][] y) {
    double[][] a = centered(x);
    double[][] b = centered(y);
    double[][] m = times(transposed(a), b);
    double nuclear = Math.sqrt(square(m) + 2 * Math.abs(m[0][0] * m[1][1] - m[0][1] * m[1][0]));
    return nuclear / Math.sqrt(square(a) * square(b));
  }

  static double correlationDistance(double[] a, double[] b) {
    return 1 - pearson(a, b);
  }

  static double euclidean(double[] a, double[] b) {
    return Math.sqrt(IntStream.range(0, a.length).mapToDouble(k -> (a[k] - b[k]) * (a[k] - b[k])).sum());
  }

  static double[] pairs(double[][] x, ToDoubleBiFunction<double[], double[]> distance) {
    List<Double> distances = new ArrayList<>();
    for (int i = 0; i < x.length; i++) {
      for (int j = i + 1; j < x.length; j++) {
        distances.add(distance.applyAsDouble(x[i], x[j]));
      }
    }
    return distances.stream().mapToDouble(d -> d).toArray();
  }

  static double pearson(double[] a, double[] b) {
    double meanA = Arrays.stream(a).average().orElseThrow();
    double meanB = Arrays.stream(b).average().orElseThrow();
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      ab += (a[i] - meanA) * (b[i] - meanB);
      aa += Math.pow(a[i] - meanA, 2);
      bb += Math.pow(b[i] - meanB, 2);
    }
    return ab / Math.sqrt(aa * bb);
  }

  static double spearman(double[] a, double[] b) {
    return pearson(ranks(a), ranks(b));
  }

  private static double[] ranks(double[] values) {
    return Arrays.stream(values).map(v -> Arrays.stream(values).filter(w -> w < v).count()
        + (Arrays.stream(values).filter(w -> w == v).count() + 1) / 2.0).toArray();
  }

  static double kendall(double[] a, double[] b) {
    double agreement = 0;
    double untiedA = 0;
    double untiedB = 0;
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < i; j++) {
        agreement += Math.signum(a[i] - a[j]) * Math.signum(b[i] - b[j]);
        untiedA += Math.abs(Math.signum(a[i] - a[j]));
        untiedB += Math.abs(Math.signum(b[i] - b[j]));
      }
    }
    return agreement / Math.sqrt(untiedA * untiedB);
  }

  static double distanceCorrelation(double[][] x, double[][] y) {
    double[][] a = doublyCentered(matrix(x, PlainRelatives::euclidean));
    double[][] b = doublyCentered(matrix(y, PlainRelatives::euclidean));
    return Math.sqrt(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)));
  }

  /** The neighbours of each sample by any proximity, from a full sort; of equals the first. */
  static int[][] neighbors(double[][] x, int k, ToDoubleBiFunction<double[], double[]> proximity) {
    return IntStream.range(0, x.length).mapToObj(i -> IntStream.range(0, x.length).filter(j -> j != i).boxed()
        .sorted(Comparator.comparingDouble((Integer j) -> -proximity.applyAsDouble(x[i], x[j])).thenComparingInt(j -> j))
        .limit(k).mapToInt(j -> j).toArray()).toArray(int[][]::new);
  }

  static double inner(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(k -> a[k] * b[k]).sum();
  }

  static double cosine(double[] a, double[] b) {
    return inner(a, b) / Math.sqrt(inner(a, a) * inner(b, b));
  }

  static double mean(int n, IntToDoubleFunction term) {
    return IntStream.range(0, n).mapToDouble(term).average().orElseThrow();
  }

  static int shared(int[] a, int[] b) {
    return (int) IntStream.of(a).filter(i -> contains(b, i)).count();
  }

  static boolean contains(int[] values, int value) {
    return IntStream.of(values).anyMatch(v -> v == value);
  }

  static int longestCommonSubsequence(int[] a, int i, int[] b, int j) {
    if (i == a.length || j == b.length) {
      return 0;
    }
    return a[i] == b[j] ? 1 + longestCommonSubsequence(a, i + 1, b, j + 1)
        : Math.max(longestCommonSubsequence(a, i + 1, b, j), longestCommonSubsequence(a, i, b, j + 1));
  }

  static int levenshtein(int[] a, int i, int[] b, int j) {
    if (i == a.length || j == b.length) {
      return a.length - i + b.length - j;
    }
    return a[i] == b[j] ? levenshtein(a, i + 1, b, j + 1)
        : 1 + Math.min(levenshtein(a, i + 1, b, j + 1), Math.min(levenshtein(a, i + 1, b, j), levenshtein(a, i, b, j + 1)));
  }

  /** CKNNA with {@code [n, n]} masks, which may be made symmetric. */
  static double cknna(double[][] x, double[][] y, int k, boolean symmetric, double epsilon) {
    int[][] ofX = neighbors(x, k, PlainRelatives::inner);
    int[][] ofY = neighbors(y, k, PlainRelatives::inner);
    double xx = masked(x, ofX, x, ofX, symmetric);
    double yy = masked(y, ofY, y, ofY, symmetric);
    return masked(x, ofX, y, ofY, symmetric) / (Math.sqrt(xx * yy) + epsilon);
  }

  private static double masked(double[][] x, int[][] ofX, double[][] y, int[][] ofY, boolean symmetric) {
    int n = x.length;
    double[][] k = matrix(x, PlainRelatives::inner);
    double[][] l = matrix(y, PlainRelatives::inner);
    double[][] kept = new double[n][n];
    double[][] keptOfY = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        boolean there = contains(ofX[i], j) && contains(ofY[i], j);
        boolean back = contains(ofX[j], i) && contains(ofY[j], i);
        if (there && (back || !symmetric)) {
          kept[i][j] = k[i][j];
          keptOfY[i][j] = l[i][j];
        }
      }
    }
    double[][] product = times(kept, keptOfY);
    double trace = IntStream.range(0, n).mapToDouble(i -> product[i][i]).sum();
    return (trace + sum(kept) * sum(keptOfY) / ((n - 1.0) * (n - 2.0)) - 2 * sum(product) / (n - 2.0)) / (n * (n - 3.0));
  }

  /** Power iteration with deflation would do for eigenvalues; cyclic Jacobi is as plain and exact. */
  static double intrinsicDistance(double[][] x, double[][] y, int k) {
    double[] a = laplacianEigenvalues(x, k);
    double[] b = laplacianEigenvalues(y, k);
    return IntStream.range(0, 256).mapToDouble(i -> Math.exp(Math.log(0.1) + i / 255.0 * Math.log(100)))
        .map(t -> Math.exp(-2 * (t + 1 / t)) * 1e6 / x.length
            * Math.abs(Arrays.stream(a).map(e -> Math.exp(-t * e)).sum() - Arrays.stream(b).map(e -> Math.exp(-t * e)).sum()))
        .max().orElseThrow();
  }

  private static double[] laplacianEigenvalues(double[][] x, int k) {
    int n = x.length;
    int[][] lists = neighbors(x, k, (a, b) -> -euclidean(a, b));
    boolean[][] joined = new boolean[n][n];
    int[] degrees = new int[n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        joined[i][j] = contains(lists[i], j) || contains(lists[j], i);
        degrees[i] += joined[i][j] ? 1 : 0;
      }
    }
    double[][] laplacian = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        laplacian[i][j] = i == j ? 1 : joined[i][j] ? -1 / Math.sqrt(degrees[i] * (double) degrees[j]) : 0;
      }
    }
    return jacobi(laplacian);
  }

  /** Returns the eigenvalues of a symmetric matrix by cyclic Jacobi rotations. Modifies it. */
  private static double[] jacobi(double[][] m) {
    int n = m.length;
    for (int sweep = 0; sweep < 30; sweep++) {
      for (int p = 0; p < n; p++) {
        for (int q = p + 1; q < n; q++) {
          double angle = 0.5 * Math.atan2(2 * m[p][q], m[q][q] - m[p][p]);
          rotate(m, p, q, Math.cos(angle), Math.sin(angle));
        }
      }
    }
    return IntStream.range(0, n).mapToDouble(i -> m[i][i]).toArray();
  }

  private static void rotate(double[][] m, int p, int q, double c, double s) {
    for (int i = 0; i < m.length; i++) {
      double mp = m[i][p];
      double mq = m[i][q];
      m[i][p] = c * mp - s * mq;
      m[i][q] = s * mp + c * mq;
    }
    for (int i = 0; i < m.length; i++) {
      double mp = m[p][i];
      double mq = m[q][i];
      m[p][i] = c * mp - s * mq;
      m[q][i] = s * mp + c * mq;
    }
  }

  private static double[][] matrix(double[][] x, ToDoubleBiFunction<double[], double[]> f) {
    return Arrays.stream(x).map(a -> Arrays.stream(x).mapToDouble(b -> f.applyAsDouble(a, b)).toArray()).toArray(double[][]::new);
  }

  private static double[][] centered(double[][] x) {
    double[][] columns = transposed(x);
    for (int j = 0; j < columns.length; j++) {
      double mean = Arrays.stream(columns[j]).average().orElseThrow();
      columns[j] = Arrays.stream(columns[j]).map(v -> v - mean).toArray();
    }
    return transposed(columns);
  }

  private static double[][] doublyCentered(double[][] d) {
    return transposed(centered(transposed(centered(d))));
  }

  private static double[][] transposed(double[][] m) {
    double[][] t = new double[m[0].length][m.length];
    for (int i = 0; i < m.length; i++) {
      for (int j = 0; j < m[i].length; j++) {
        t[j][i] = m[i][j];
      }
    }
    return t;
  }

  private static double[][] times(double[][] a, double[][] b) {
    double[][] columns = transposed(b);
    return Arrays.stream(a).map(row -> Arrays.stream(columns).mapToDouble(column -> inner(row, column)).toArray()).toArray(double[][]::new);
  }

  /** Returns {@code A⁻¹ B} by elimination, for positive definite {@code A}. */
  private static double[][] solve(double[][] a, double[][] b) {
    double[][] m = Arrays.stream(a).map(double[]::clone).toArray(double[][]::new);
    double[][] x = Arrays.stream(b).map(double[]::clone).toArray(double[][]::new);
    for (int pivot = 0; pivot < m.length; pivot++) {
      for (int row = 0; row < m.length; row++) {
        double factor = row == pivot ? 0 : m[row][pivot] / m[pivot][pivot];
        for (int j = 0; j < m.length; j++) {
          m[row][j] -= factor * m[pivot][j];
        }
        for (int j = 0; j < x[row].length; j++) {
          x[row][j] -= factor * x[pivot][j];
        }
      }
    }
    for (int row = 0; row < m.length; row++) {
      double pivot = m[row][row];
      x[row] = Arrays.stream(x[row]).map(v -> v / pivot).toArray();
    }
    return x;
  }

  private static double dot(double[][] a, double[][] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> inner(a[i], b[i])).sum();
  }

  private static double square(double[][] m) {
    return dot(m, m);
  }

  private static double sum(double[][] m) {
    return Arrays.stream(m).flatMapToDouble(Arrays::stream).sum();
  }
}
