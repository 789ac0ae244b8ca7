package io.modelweave.core.rows;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** If a normalisation or its gradient were off, every model would compute and learn something else. */
class NormalizationTest {

  private static final double CLOSE = 2e-6; // FLOAT, values around 1
  private static final double EPSILON = 1e-3;

  private final SplittableRandom random = new SplittableRandom(5);

  private INDArray matrix(long rows, long columns, double offset) {
    double[] values = random.doubles(rows * columns).map(value -> value * 2 - 1 + offset).toArray();
    return Nd4j.create(values, new long[] {rows, columns}, 'c').castTo(DataType.FLOAT);
  }

  /** One number a row, rows that fill a block and a part of another, a row longer than a block, and a mean far from 0. */
  @ParameterizedTest(name = "[{0}, {1}] + {2}, centred {3}, bias {4}")
  @CsvSource({"3, 5, 0, true, true", "3, 5, 0, false, false", "7, 1, 0, false, false", "300, 48, 0.5, true, true",
      "2, 5000, 0, true, false", "20, 33, 0, false, true", "4, 64, 100, true, true"})
  void should_give_value_and_gradients_of_the_definition(int rows, int columns, double offset, boolean centred, boolean biased) {
    INDArray x = matrix(rows, columns, offset);
    INDArray gain = matrix(1, columns, 0.5).reshape(columns);
    INDArray bias = biased ? matrix(1, columns, 0).reshape(columns) : null;
    INDArray dy = matrix(rows, columns, 0);
    INDArray y = Nd4j.create(DataType.FLOAT, rows, columns);
    INDArray dx = Nd4j.create(DataType.FLOAT, rows, columns);
    INDArray dgain = Nd4j.create(DataType.FLOAT, columns);
    INDArray dbias = biased ? Nd4j.create(DataType.FLOAT, columns) : null;
    Normalization normalization = new Normalization(centred, EPSILON);

    normalization.forward(x, gain, bias, y);
    normalization.backward(x, gain, dy, dx, dgain, dbias);

    Loops expected = new Loops(x.castTo(DataType.DOUBLE).toDoubleMatrix(), gain.castTo(DataType.DOUBLE).toDoubleVector(),
        bias == null ? new double[columns] : bias.castTo(DataType.DOUBLE).toDoubleVector(), dy.castTo(DataType.DOUBLE).toDoubleMatrix(),
        centred);
    double close = CLOSE * Math.max(1, offset); // what x itself is rounded to
    assertThatArray(y).isCloseTo(Nd4j.createFromArray(expected.y), close);
    assertThatArray(dx).isCloseTo(Nd4j.createFromArray(expected.dx), close);
    assertThatArray(dgain).isRelativelyCloseTo(Nd4j.createFromArray(expected.dgain), close);
    if (dbias != null) {
      assertThatArray(dbias).isRelativelyCloseTo(Nd4j.createFromArray(expected.dbias), close);
    }
  }

  /** The same in DOUBLE; the gradient by the derivative of each output with respect to each input. */
  private static final class Loops {

    private final double[][] y;
    private final double[][] dx;
    private final double[] dgain;
    private final double[] dbias;

    Loops(double[][] x, double[] gain, double[] bias, double[][] dy, boolean centred) {
      int d = gain.length;
      y = new double[x.length][d];
      dx = new double[x.length][d];
      dgain = new double[d];
      dbias = new double[d];
      for (int r = 0; r < x.length; r++) {
        double mean = 0;
        for (int i = 0; centred && i < d; i++) {
          mean += x[r][i] / d;
        }
        double square = 0;
        for (int i = 0; i < d; i++) {
          square += (x[r][i] - mean) * (x[r][i] - mean) / d;
        }
        double deviation = Math.sqrt(square + EPSILON);
        double pull = 0; // sum of dy gain, for the mean, and of dy gain (x - mean), for the deviation
        double stretch = 0;
        for (int i = 0; i < d; i++) {
          double difference = x[r][i] - mean;
          y[r][i] = difference / deviation * gain[i] + bias[i];
          dgain[i] += dy[r][i] * difference / deviation;
          dbias[i] += dy[r][i];
          pull += dy[r][i] * gain[i];
          stretch += dy[r][i] * gain[i] * difference;
        }
        for (int j = 0; j < d; j++) { // d deviation / d x_j = (x_j - mean) / (d deviation)
          dx[r][j] = (dy[r][j] * gain[j] - (centred ? pull / d : 0)) / deviation
              - stretch * (x[r][j] - mean) / (d * deviation * deviation * deviation);
        }
      }
    }
  }
}
