package io.modelweave.merge.statistics;

import io.modelweave.core.Checkpoint;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The sum of squared gradients, in double. */
final class SquaredGradients {

  private final Map<String, INDArray> sums = new LinkedHashMap<>();
  private long examples;

  /** Adds {@code weight g^2} for each parameter; the gradients are not modified. */
  void add(Map<String, INDArray> gradients, double weight) {
    gradients.forEach((name, gradient) -> {
      INDArray wide = gradient.castTo(DataType.DOUBLE);
      INDArray squared = wide.mul(wide).muli(weight);
      if (wide != gradient) {
        wide.close();
      }
      sums.merge(name, squared, (sum, term) -> {
        sum.addi(term);
        term.close();
        return sum;
      });
    });
  }

  /** Says that one more example is complete. */
  void countExample() {
    examples++;
  }

  long examples() {
    return examples;
  }

  FisherInformation mean() {
    if (examples == 0) {
      throw new IllegalArgumentException("no example: Fisher information is a mean over data");
    }
    sums.values().forEach(sum -> sum.divi(examples));
    Checkpoint diagonal = Checkpoint.of(sums, Map.of("modelweave.examples", Long.toString(examples)));
    sums.values().forEach(INDArray::close);
    return new FisherInformation(diagonal, examples);
  }
}
