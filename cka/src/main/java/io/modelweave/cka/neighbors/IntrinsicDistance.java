package io.modelweave.cka.neighbors;

import static java.util.Objects.requireNonNull;

import io.modelweave.cka.Similarity;
import io.modelweave.cka.Traits;
import io.modelweave.cka.measure.FeatureMatrix;
import io.modelweave.cka.measure.Measure;
import java.util.function.Consumer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Intrinsic multi-scale distance (IMD): how differently heat spreads on the graphs of near neighbours of the two sides.
 *
 * <p>Two samples are joined if one is among the {@code k} nearest of the other in Euclidean distance. With the eigenvalues
 * {@code λ} of the normalised Laplacian of that graph and {@code h(t) = 10⁶/n Σ exp(-tλ)}, the distance is the largest
 * {@code exp(-2(t + 1/t)) |h_x(t) - h_y(t)|} over 256 times, evenly spaced in their logarithm, from 0.1 to 10.
 *
 * <p>The eigenvalues are exact, where the authors' code estimates {@code h} from random vectors; that costs {@code O(n³)} flops and
 * an array {@code [n, n]} in DOUBLE. Only the shape of the graphs counts, not which sample is where: the same samples in another
 * order on one side are at distance 0.
 *
 * <p>Source: Tsitsulin et al. 2020 (arXiv 1905.11141).
 */
public final class IntrinsicDistance {

  private static final int TIMES = 256;
  private static final double SCALE = 1e6;

  /** With more samples the Laplacian cannot be indexed by an int. */
  private static final int MOST_SAMPLES = 46_340;

  private IntrinsicDistance() {}

  /** Returns IMD, named {@code imd}, of graphs of {@code k} neighbours; the authors use 5. */
  public static Similarity exact(int k) {
    NeighborLists.requirePositive(k);
    return new Measure("imd", "Tsitsulin et al. 2020, arXiv 1905.11141, with exact eigenvalues",
        Traits.distance(Double.POSITIVE_INFINITY, Proximity.EUCLIDEAN.invariances()), k + 1, (pair, warn) -> {
          double[] ofX = eigenvalues(pair.x(), k, warn);
          double[] ofY = eigenvalues(pair.y(), k, warn);
          double largest = 0;
          for (int i = 0; i < TIMES; i++) {
            double t = Math.pow(10, 2.0 * i / (TIMES - 1) - 1);
            double difference = Math.abs(heat(ofX, t) - heat(ofY, t));
            largest = Math.max(largest, Math.exp(-2 * (t + 1 / t)) * difference);
          }
          return largest;
        });
  }

  private static double heat(double[] eigenvalues, double time) {
    double sum = 0;
    for (double eigenvalue : eigenvalues) {
      sum += Math.exp(-time * eigenvalue);
    }
    return SCALE * sum / eigenvalues.length;
  }

  private static double[] eigenvalues(FeatureMatrix side, int k, Consumer<String> warn) {
    int n = side.samples();
    if (n > MOST_SAMPLES) {
      throw new IllegalArgumentException(
          "the graph of %d samples does not fit into an array, which holds that of %d; compare a sample of the rows"
              .formatted(n, MOST_SAMPLES));
    }
    // Only cosines can be undefined.
    NeighborLists lists = requireNonNull(NeighborLists.of(side, Proximity.EUCLIDEAN, k, warn));
    try (INDArray laplacian = Nd4j.create(normalizedLaplacian(lists), new long[] {n, n}, new long[] {1, n}, 'f', DataType.DOUBLE);
        INDArray eigenvalues = Nd4j.create(DataType.DOUBLE, n)) {
      int status = Nd4j.getBlasWrapper().lapack().syev('N', 'L', laplacian, eigenvalues);
      if (status != 0) {
        throw new ArithmeticException(
            "the eigenvalues of the graph of %s did not converge: syev returned %d".formatted(side.label(), status));
      }
      return eigenvalues.data().asDouble();
    }
  }

  /** Returns {@code I - D^-½ A D^-½}; every sample has a neighbour. */
  private static double[] normalizedLaplacian(NeighborLists lists) {
    int n = lists.samples();
    double[] adjacency = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j : lists.of(i)) {
        adjacency[i * n + j] = 1;
        adjacency[j * n + i] = 1;
      }
    }
    double[] degrees = new double[n];
    for (int at = 0; at < adjacency.length; at++) {
      degrees[at / n] += adjacency[at];
    }
    for (int at = 0; at < adjacency.length; at++) {
      int i = at / n;
      int j = at % n;
      adjacency[at] = (i == j ? 1 : 0) - adjacency[at] / Math.sqrt(degrees[i] * degrees[j]);
    }
    return adjacency;
  }
}
