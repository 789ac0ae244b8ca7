package io.modelweave.core.rows;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** If rows were read or written elsewhere, all that Java code computes on arrays would be of other numbers. */
class HostRowsTest {

  /** A buffer shows the smaller arrays; larger ones, here all, are read through their address. */
  @ParameterizedTest
  @CsvSource({"c,1000", "c,0", "f,1000", "f,0", "view,1000", "view,0"})
  void should_read_and_write_rows_of_any_array(String kind, int buffered) {
    INDArray all = Nd4j.arange(60).castTo(DataType.FLOAT).reshape('c', 3, 4, 5);
    INDArray given = switch (kind) {
      case "c" -> all.dup('c');
      case "f" -> all.dup('f');
      default -> Nd4j.concat(2, all, all).get(NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.interval(5, 10));
    };
    float[] read = new float[10];

    try (HostRows rows = new HostRows(given, buffered)) {
      assertThat(rows.rows()).isEqualTo(12);
      assertThat(rows.columns()).isEqualTo(5);
      rows.read(7, 2, read);
      rows.write(3, 1, new float[] {-1, -2, -3, -4, -5, 9});
    }

    assertThat(read).containsExactly(35, 36, 37, 38, 39, 40, 41, 42, 43, 44);
    for (int column = 0; column < 5; column++) {
      all.putScalar(new int[] {0, 3, column}, -1 - column);
    }
    assertThatArray(given.dup('c')).isBitEqualTo(all);
  }
}
