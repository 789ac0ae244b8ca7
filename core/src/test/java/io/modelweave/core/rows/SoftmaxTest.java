package io.modelweave.core.rows;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** If probabilities, losses or their gradients were off, every model would compute and learn something else. */
class SoftmaxTest {

  private static final double CLOSE = 5e-7; // as documented for exp, and rounding

  private final SplittableRandom random = new SplittableRandom(6);

  private float[][] matrix(int rows, int columns, double range) {
    float[][] values = new float[rows][columns];
    for (float[] row : values) {
      for (int i = 0; i < columns; i++) {
        row[i] = (float) ((random.nextDouble() * 2 - 1) * range);
      }
    }
    return values;
  }

  private static double[] probabilities(float[] row) {
    double maximum = IntStream.range(0, row.length).mapToDouble(i -> row[i]).max().orElseThrow();
    double sum = IntStream.range(0, row.length).mapToDouble(i -> Math.exp(row[i] - maximum)).sum();
    return IntStream.range(0, row.length).mapToDouble(i -> Math.exp(row[i] - maximum) / sum).toArray();
  }

  @ParameterizedTest(name = "[{0}, {1}] in +-{2}")
  @CsvSource({"3, 4, 2", "5, 1, 2", "300, 48, 10", "2, 5000, 40", "6, 102, 80", "1, 70000, 1"})
  void should_give_probabilities_losses_and_gradients_of_the_definition(int rows, int columns, double range) {
    float[][] x = matrix(rows, columns, range);
    float[][] dp = matrix(rows, columns, 1);
    int[] classes = random.ints(rows, 0, columns).toArray();
    float[][] dlosses = matrix(rows, 1, 1);
    double[][] p = new double[rows][];
    double[][] dx = new double[rows][columns];
    double[][] losses = new double[rows][1];
    double[][] lossGradient = new double[rows][columns];
    for (int r = 0; r < rows; r++) {
      p[r] = probabilities(x[r]);
      double share = 0;
      for (int i = 0; i < columns; i++) {
        share += p[r][i] * dp[r][i];
      }
      for (int i = 0; i < columns; i++) {
        dx[r][i] = p[r][i] * (dp[r][i] - share);
        lossGradient[r][i] = (p[r][i] - (i == classes[r] ? 1 : 0)) * dlosses[r][0];
      }
      losses[r][0] = -logProbability(x[r], classes[r]);
    }
    INDArray scores = Nd4j.createFromArray(x);
    INDArray result = Nd4j.create(DataType.FLOAT, rows, columns);
    INDArray lossColumn = Nd4j.create(DataType.FLOAT, rows, 1);

    Softmax.forward(scores, result);
    assertThatArray(result).isCloseTo(Nd4j.createFromArray(p), CLOSE);
    Softmax.backward(scores, Nd4j.createFromArray(dp), result);
    assertThatArray(result).isCloseTo(Nd4j.createFromArray(dx), CLOSE);
    Softmax.crossEntropy(scores, classes, lossColumn);
    assertThatArray(lossColumn).isRelativelyCloseTo(Nd4j.createFromArray(losses), CLOSE);
    Softmax.crossEntropyGradient(scores, classes, Nd4j.createFromArray(dlosses), result);
    assertThatArray(result).isCloseTo(Nd4j.createFromArray(lossGradient), CLOSE);
  }

  private static double logProbability(float[] row, int index) {
    double maximum = IntStream.range(0, row.length).mapToDouble(i -> row[i]).max().orElseThrow();
    return row[index] - maximum - Math.log(IntStream.range(0, row.length).mapToDouble(i -> Math.exp(row[i] - maximum)).sum());
  }

  @Test
  void should_give_masked_scores_nothing_at_all_and_pass_on_what_is_not_a_number() {
    INDArray scores = Nd4j.createFromArray(new float[][] {{0, -1e9f, 3}, {Float.NEGATIVE_INFINITY, 5, -90}, {1, Float.NaN, 2}});
    INDArray p = Nd4j.create(DataType.FLOAT, 3, 3);

    Softmax.forward(scores, p);

    float[][] rows = p.toFloatMatrix();
    assertThat(rows[0][1]).isZero();
    assertThat(rows[0][0] + rows[0][2]).isCloseTo(1, within(1e-6f));
    assertThat(rows[1]).containsExactly(0, 1, 0);
    assertThat(rows[2]).containsOnly(Float.NaN);
  }

  /** A gradient may come as the transpose of something, or as part of an array. */
  @Test
  void should_read_and_write_arrays_that_are_not_plain() {
    float[][] x = matrix(6, 4, 3);
    INDArray plain = Nd4j.create(DataType.FLOAT, 6, 4);
    Softmax.forward(Nd4j.createFromArray(x), plain);
    INDArray read = Nd4j.createFromArray(x).dup('f');
    INDArray written = Nd4j.create(new int[] {6, 4}, 'f').castTo(DataType.FLOAT);

    Softmax.forward(read, written);

    assertThatArray(written.dup('c')).isBitEqualTo(plain);
    assertThatArray(read.dup('c')).isBitEqualTo(Nd4j.createFromArray(x));
  }
}
