package io.modelweave.cka;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** {@code K = X Xᵀ}: the one kernel whose HSIC can be had without an {@code [n, n]} matrix. */
final class LinearKernel implements Kernel {

  /** Rows of the Gram matrix computed at once: wide enough for gemm to be at full speed, small enough to save half the work. */
  private static final int BLOCK = 256;

  /** What one element of a triangle costs in a comparison, in flops of a gemm: it is bound by memory, not arithmetic. */
  private static final double ELEMENT_COST = 16;

  /** Triangles live on the Java heap. A fixed bound keeps results, to the last bit, independent of the machine. */
  private static final double TRIANGLE_ELEMENTS = (512 << 20) / (double) Double.BYTES;

  /** Beyond this the elements of one triangle cannot be indexed by an int. */
  private static final int MOST_SAMPLES = 65_536;

  @Override
  public CenteredGram gram(CenteredFeatures features, GramForm form) {
    return form == GramForm.FACTORED ? FactoredGram.of(features) : TriangularGram.of(triangle(features), features.squaredNorms());
  }

  @Override
  public GramForm cheapest(int n, int[] widthsA, int[] widthsB) {
    double columns = 0;
    double factored = 0;
    for (int[] widths : new int[][] {widthsA, widthsB}) {
      for (double d : widths) {
        columns += d;
        factored += 4.0 * n * d * d;
      }
    }
    factored += 4.0 * n * Arrays.stream(widthsA).asDoubleStream().sum() * Arrays.stream(widthsB).asDoubleStream().sum();
    double elements = 0.5 * n * (n - 1.0);
    int layers = widthsA.length + widthsB.length;
    double triangular = (double) n * n * columns + ELEMENT_COST * elements * ((double) widthsA.length * widthsB.length + layers);
    boolean fits = n <= MOST_SAMPLES && layers * elements <= Math.max(TRIANGLE_ELEMENTS, n * columns);
    return fits && triangular < factored ? GramForm.TRIANGULAR : GramForm.FACTORED;
  }

  /** Returns the strict upper triangle of {@code X Xᵀ}, row by row. */
  private static double[] triangle(CenteredFeatures features) {
    int n = features.samples();
    double[] triangle = new double[Math.toIntExact((long) n * (n - 1) / 2)];
    try (INDArray x = features.toArray()) {
      int next = 0;
      for (int from = 0; from < n; from += BLOCK) {
        int to = Math.min(n, from + BLOCK);
        INDArray rows = x.get(NDArrayIndex.interval(from, to), NDArrayIndex.all());
        INDArray rest = x.get(NDArrayIndex.interval(from, n), NDArrayIndex.all());
        try (INDArray product = rows.mmul(rest.transpose()); INDArray ordered = product.dup('c')) {
          double[] block = ordered.data().asDouble();
          int width = n - from;
          for (int i = 0; i < to - from; i++) {
            int length = width - i - 1;
            System.arraycopy(block, i * width + i + 1, triangle, next, length);
            next += length;
          }
        }
      }
    }
    return triangle;
  }
}
