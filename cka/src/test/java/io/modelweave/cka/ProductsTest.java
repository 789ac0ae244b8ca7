package io.modelweave.cka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.modelweave.cka.kernels.DistanceKernel;
import io.modelweave.cka.measure.FeatureMatrix;
import io.modelweave.cka.measure.ScaledFeatures;
import io.modelweave.cka.products.HostTile;
import io.modelweave.cka.products.RowDifferences;
import io.modelweave.cka.products.RowNorms;
import io.modelweave.cka.products.RowProducts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The fast ways of this backend against the ways of any. */
class ProductsTest {

  @ParameterizedTest
  @CsvSource({"1,1", "1,5", "5,1", "7,3", "3,7", "40,33", "65,2", "96,130"})
  void should_multiply_with_itself_as_any_backend_does(int n, int d) {
    for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
      INDArray wide = Features.array(Features.gaussian(n, n + 3, d + 4)).castTo(type);
      INDArray view = wide.get(NDArrayIndex.interval(2, n + 2), NDArrayIndex.interval(1, d + 1));
      INDArray whole = view.dup('c');
      for (INDArray x : new INDArray[] {whole, view, view.dup('f'), whole.transpose(), view.transpose()}) {
        INDArray expected = RowProducts.OF_ARRAYS.within(x.dup('c'));
        INDArray actual = RowProducts.FASTEST.within(x);

        // As many roundings of the largest element as there are terms in it.
        double close = x.size(1) * LayerGram.precision(type) * expected.amaxNumber().doubleValue();
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(actual.sub(expected).amaxNumber().doubleValue()).isCloseTo(0, within(close));
        INDArray others = wide.get(NDArrayIndex.interval(0, 3), NDArrayIndex.interval(0, Math.min(d + 4, x.size(1))));
        if (others.size(1) == x.size(1)) {
          assertThat(RowProducts.FASTEST.between(x, others).sub(RowProducts.OF_ARRAYS.between(x, others)).amaxNumber().doubleValue())
              .isCloseTo(0, within(10 * close));
        }
        assertThat(actual.sub(actual.transpose()).amaxNumber().doubleValue()).isZero();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"4,1", "33,5", "64,7", "100,40"})
  void should_centre_floats_as_doubles_are(int n, int d) {
    double[][] far = Features.gaussian(n, n, d);
    for (double[] row : far) {
      for (int j = 0; j < d; j++) {
        row[j] = j == 0 ? 0.1 : row[j] * (j + 1) + 100 * j;
      }
    }
    INDArray x = Features.floats(far);
    INDArray exact = FeatureMatrix.of(x, "x").centered().values();
    double scale = Math.scalb(1.0, FeatureMatrix.of(x, "x").centered().exponent());

    CenteredFloats fast = CenteredFloats.of(x, "x");

    assertThat(fast).isNotNull();
    INDArray centered = fast.withAll(INDArray::dup);
    assertThat(centered.castTo(DataType.DOUBLE).sub(exact.mul(scale)).amaxNumber().doubleValue()).isCloseTo(0, within(1e-5 * d));
    assertThat(centered.getColumn(0).amaxNumber().doubleValue()).isZero();
    for (int i = 0; i < n; i++) {
      assertThat(fast.squaredNorms()[i]).isCloseTo(centered.getRow(i).castTo(DataType.DOUBLE).norm2Number().doubleValue()
          * centered.getRow(i).castTo(DataType.DOUBLE).norm2Number().doubleValue(), withinPercentage(1e-4));
    }
    assertThat(fast.constant()).isEqualTo(d == 1);
  }

  @ParameterizedTest
  @CsvSource({"4,1", "33,5", "100,40"})
  void should_centre_on_a_device_as_on_the_host(int n, int d) {
    double[][] far = Features.gaussian(n, n, d);
    for (double[] row : far) {
      for (int j = 0; j < d; j++) {
        row[j] = j == 0 ? 0.1 : row[j] * (j + 1) + 1e6 * j;
      }
    }
    INDArray x = Features.array(far);
    ScaledFeatures host = FeatureMatrix.of(x, "x").centered();

    HeldFeatures device = ArrayCentering.of(x, "x", DataType.DOUBLE, true);
    HeldFeatures floats = ArrayCentering.of(x, "x", DataType.FLOAT, false);

    assertThat(device).isNotNull();
    assertThat(device.values().sub(host.values()).amaxNumber().doubleValue()).isCloseTo(0, within(1e-12));
    assertThat(device.constant()).isEqualTo(d == 1);
    assertThat(floats).isNotNull();
    assertThat(floats.values().dataType()).isEqualTo(DataType.FLOAT);
    assertThat(floats.values().getColumn(0).amaxNumber().doubleValue()).isZero();
    x.putScalar(2, 0, Double.POSITIVE_INFINITY);
    assertThat(ArrayCentering.of(x, "x", DataType.DOUBLE, true)).isNull();
    x.putScalar(2, 0, Double.NaN);
    assertThat(ArrayCentering.of(x, "x", DataType.DOUBLE, true)).isNull();
  }

  @Test
  void should_measure_wide_rows_of_a_view() {
    INDArray wide = Nd4j.ones(DataType.DOUBLE, 6, 1 << 18);

    double[] squares = RowNorms.squared(wide.get(NDArrayIndex.interval(4, 6), NDArrayIndex.all()));

    assertThat(squares).containsExactly(1 << 18, 1 << 18);
  }

  @ParameterizedTest
  @CsvSource({"5,5,true", "64,64,true", "40,33,false", "1,3,false"})
  void should_centre_tiles_on_a_device_as_on_the_host(int rows, int columns, boolean symmetric) {
    for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
      INDArray tile = Features.array(Features.gaussian(rows, rows, columns)).castTo(type);
      double[] left = Features.floats(Features.gaussian(1, 1, rows)).toDoubleVector();
      double[] right = symmetric ? left : Features.floats(Features.gaussian(2, 1, columns)).toDoubleVector();
      UCentering centering = new UCentering(left, right);
      INDArray host = Nd4j.create(type, 3, rows, columns);
      INDArray device = Nd4j.create(type, rows, columns);
      HostTile onHost = HostTile.of(tile);

      double[] squares = centering.center(onHost, symmetric);
      onHost.write(host, 1);
      centering.write(tile, symmetric, device);

      INDArray centered = host.get(NDArrayIndex.point(1), NDArrayIndex.all(), NDArrayIndex.all()).dup('c');
      assertThat(centered.sub(device).amaxNumber().doubleValue()).isZero();
      assertThat(host.norm1Number().doubleValue()).as("the others of the stack are 0").isEqualTo(centered.norm1Number().doubleValue());
      double close = 100 * rows * columns * LayerGram.precision(type);
      assertThat(squares).containsExactly(RowNorms.squared(centered.transpose().dup('c')), within(close));
      assertThat(symmetric && !centered.equals(centered.transpose())).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource({"1,0.2", "1,30", "300,2", "3000,0.001"})
  void should_take_kernels_of_distances_on_a_device_as_on_the_host(double spread, double bandwidth) {
    INDArray x = Features.array(Features.gaussian(1, 40, 6)).muli(spread);
    INDArray y = Features.array(Features.gaussian(2, 33, 6)).muli(spread);
    for (Bandwidth rule : new Bandwidth[] {Bandwidth.fixed(bandwidth), Bandwidth.median(bandwidth)}) {
      for (Kernel unfitted : new Kernel[] {Kernel.rbf(rule), Kernel.laplacian(rule)}) {
        DistanceKernel kernel = (DistanceKernel) unfitted.fit(x);
        HostTile between = HostTile.of(RowProducts.FASTEST.between(x, y));
        KernelTiles.apply(kernel, between, RowNorms.squared(x), RowNorms.squared(y), false, () -> new RowDifferences(x, y));
        HostTile within = HostTile.of(RowProducts.FASTEST.within(x));
        KernelTiles.apply(kernel, within, RowNorms.squared(x), RowNorms.squared(x), true, () -> new RowDifferences(x, x));

        assertThatTile(between, kernel.between(x, y), false);
        assertThatTile(within, kernel.within(x), true);
      }
    }
  }

  /** Relative to each element: the smallest are all that tells far samples apart. Distances of near ones differ in their last digits. */
  private static void assertThatTile(HostTile actual, INDArray expected, boolean upper) {
    double[] row = new double[actual.columns()];
    for (int i = 0; i < actual.rows(); i++) {
      actual.copy(i, row);
      for (int j = upper ? i : 0; j < row.length; j++) {
        double value = expected.getDouble(i, j);
        assertThat(row[j]).isCloseTo(value, within(Math.max(1e-11 * Math.abs(value), 1e-150)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"FLOAT", "DOUBLE"})
  void should_sum_tiles_on_a_device_as_on_the_host(DataType type) {
    INDArray x = Features.array(Features.gaussian(1, 23, 5)).castTo(type);
    LayerFeatures features = LayerFeatures.of(Kernel.linear(), x, "x", type, false);
    RowMeans host = new RowMeans(features, Kernel.linear());
    RowMeans device = new RowMeans(features, Kernel.linear());

    Tile.pairs(Tile.of(23, 9), (rows, columns) -> {
      INDArray tile = RowProducts.FASTEST.between(HeldFeatures.view(x, rows), HeldFeatures.view(x, columns));
      host.add(HostTile.of(tile), rows, columns);
      device.add(tile, rows, columns);
    });

    double close = 1000 * LayerGram.precision(type);
    assertThat(host.offsets()).containsExactly(device.offsets(), within(close));
    assertThat(host.centeredDiagonal()).containsExactly(device.centeredDiagonal(), within(close));
    assertThat(host.largest()).isEqualTo(device.largest());
  }

  @ParameterizedTest
  @ValueSource(strings = {"FLOAT", "DOUBLE"})
  void should_multiply_a_stack_row_by_row_as_any_backend_does(DataType type) {
    INDArray stack = Features.array(Features.gaussian(1, 25, 9)).castTo(type).reshape('c', 5, 5, 9);
    INDArray fast = Nd4j.create(type, 3, 6);
    INDArray any = Nd4j.create(type, 3, 6);

    RowProducts.FASTEST.rowByRow(stack, 3, 3, 2, fast);
    RowProducts.OF_ARRAYS.rowByRow(stack, 3, 3, 2, any);

    assertThat(fast.sub(any).amaxNumber().doubleValue()).isCloseTo(0, within(1e-5));
    double byHand = stack.getDouble(2, 4, 0) * stack.getDouble(3 + 1, 4, 0);
    for (int k = 1; k < 9; k++) {
      byHand += stack.getDouble(2, 4, k) * stack.getDouble(3 + 1, 4, k);
    }
    assertThat(any.getDouble(2, 2 * 2 + 1)).isCloseTo(byHand, within(1e-5));
  }

  @ParameterizedTest
  @ValueSource(strings = {"FLOAT", "DOUBLE"})
  void should_cross_features_as_any_backend_does(DataType type) {
    INDArray x = Features.array(Features.gaussian(1, 11, 7)).castTo(type);
    INDArray y = Features.array(Features.gaussian(2, 11, 4)).castTo(type);
    INDArray fast = Nd4j.ones(type, 7, 4);
    INDArray own = Nd4j.ones(type, 7, 7);

    RowProducts.FASTEST.crossed(x, y, true, fast);
    RowProducts.FASTEST.crossed(x, x, true, own);
    HostTile.mirror(own);

    assertThat(fast.sub(x.transpose().mmul(y).addi(1)).amaxNumber().doubleValue()).isCloseTo(0, within(1e-5));
    assertThat(own.sub(x.transpose().mmul(x).addi(1)).amaxNumber().doubleValue()).isCloseTo(0, within(1e-5));
  }
}
