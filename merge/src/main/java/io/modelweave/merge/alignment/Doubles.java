package io.modelweave.merge.alignment;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Arrays of any type and order as DOUBLE. */
final class Doubles {

  private Doubles() {}

  /** Returns a new DOUBLE array in row-major order, the caller's to close. */
  static INDArray copy(INDArray array) {
    INDArray wide = array.castTo(DataType.DOUBLE); // itself, if it is DOUBLE
    INDArray copy = wide.dup('c');
    if (wide != array) {
      wide.close();
    }
    return copy;
  }
}
