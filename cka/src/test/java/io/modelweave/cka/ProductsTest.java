package io.modelweave.cka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.modelweave.cka.measure.FeatureMatrix;
import io.modelweave.cka.measure.ScaledFeatures;
import io.modelweave.cka.products.RowProducts;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
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
}
