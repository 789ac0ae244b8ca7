package io.modelweave.core.transformer;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class AttentionTest {

  private static final double FLOAT = 1e-6;
  private static final int BATCH = 2;
  private static final int LENGTH = 5;
  private static final int HEAD_WIDTH = 3;

  @ParameterizedTest
  @CsvSource({"4, 4, 5", "4, 2, 5", "6, 1, 5", "4, 2, 2", "4, 4, 1"})
  void should_mix_values_as_loops_in_double_do(int heads, int keyValueHeads, int reach) {
    Nd4j.getRandom().setSeed(heads * 100L + reach);
    INDArray query = Nd4j.randn(DataType.FLOAT, BATCH, heads, LENGTH, HEAD_WIDTH);
    INDArray key = Nd4j.randn(DataType.FLOAT, BATCH, keyValueHeads, LENGTH, HEAD_WIDTH);
    INDArray value = Nd4j.randn(DataType.FLOAT, BATCH, keyValueHeads, LENGTH, HEAD_WIDTH);
    SameDiff sd = SameDiff.create();
    String name = new Attention(BATCH, LENGTH, heads, keyValueHeads, HEAD_WIDTH).mix(sd, sd.constant("q", query), sd.constant("k", key),
        sd.constant("v", value), sd.constant("mask", Attention.causalMask(LENGTH, reach))).name();

    assertThatArray(sd.output(Map.of(), name).get(name)).isCloseTo(loops(query, key, value, reach), FLOAT);
  }

  private static INDArray loops(INDArray query, INDArray key, INDArray value, int reach) {
    int heads = (int) query.size(1);
    int group = heads / (int) key.size(1);
    INDArray mixed = Nd4j.create(DataType.DOUBLE, BATCH * LENGTH, (long) heads * HEAD_WIDTH);
    for (int b = 0; b < BATCH; b++) {
      for (int h = 0; h < heads; h++) {
        for (int t = 0; t < LENGTH; t++) {
          double[] sums = new double[HEAD_WIDTH];
          double total = 0;
          for (int s = Math.max(0, t - reach + 1); s <= t; s++) {
            double score = 0;
            for (int c = 0; c < HEAD_WIDTH; c++) {
              score += query.getDouble(b, h, t, c) * key.getDouble(b, h / group, s, c);
            }
            double weight = Math.exp(score / Math.sqrt(HEAD_WIDTH));
            total += weight;
            for (int c = 0; c < HEAD_WIDTH; c++) {
              sums[c] += weight * value.getDouble(b, h / group, s, c);
            }
          }
          for (int c = 0; c < HEAD_WIDTH; c++) {
            mixed.putScalar(new long[] {(long) b * LENGTH + t, (long) h * HEAD_WIDTH + c}, sums[c] / total);
          }
        }
      }
    }
    return mixed;
  }
}
