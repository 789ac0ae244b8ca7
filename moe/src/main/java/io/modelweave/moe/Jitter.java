package io.modelweave.moe;

import io.modelweave.core.rows.RowFunction;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Multiplies by numbers uniform in {@code 1 +- size}, other ones in every run of a training graph, which one thread runs. */
final class Jitter implements RowFunction {

  private final double size;
  private final SplittableRandom random;
  private @Nullable INDArray factors;

  Jitter(double size, long seed) {
    this.size = size;
    this.random = new SplittableRandom(seed);
  }

  @Override
  public void forward(INDArray input, INDArray output) {
    float[] drawn = new float[Math.toIntExact(input.length())];
    for (int i = 0; i < drawn.length; i++) {
      drawn[i] = (float) (1 + size * (2 * random.nextDouble() - 1));
    }
    if (factors != null) {
      factors.close();
    }
    factors = Nd4j.create(drawn, input.shape(), 'c');
    input.mul(factors, output);
  }

  @Override
  public void backward(INDArray input, INDArray outputGradient, INDArray inputGradient) {
    if (factors == null) {
      throw new IllegalStateException("a backward pass before any forward pass");
    }
    outputGradient.mul(factors, inputGradient);
  }
}
