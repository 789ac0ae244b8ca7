package io.modelweave.merge.alignment;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Means and variances of units, gathered batch by batch in double.
 *
 * <p>Each batch is centred on its own means before anything is squared, so that a large common offset costs no digits. Source: Chan, Golub
 * and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
 */
final class UnitMoments {

  private long samples;
  private double[] means = {};
  private double[] squares = {};

  /** One batch {@code [n, m]} about its own means. */
  record Batch(INDArray centred, double[] means, double[] squares) implements AutoCloseable {

    static Batch of(INDArray units) {
      INDArray centred = Doubles.copy(units);
      try (INDArray means = centred.mean(0)) {
        centred.subiRowVector(means);
        try (INDArray squared = centred.mul(centred);
            INDArray squares = squared.sum(0)) {
          return new Batch(centred, means.toDoubleVector(), squares.toDoubleVector());
        }
      }
    }

    long samples() {
      return centred.size(0);
    }

    @Override
    public void close() {
      centred.close();
    }
  }

  /** Adds a batch and returns how far its means lie above those so far, 0 for the first. */
  double[] add(Batch batch) {
    double[] shift = new double[batch.means.length];
    if (samples == 0) {
      means = batch.means.clone();
      squares = batch.squares.clone();
      samples = batch.samples();
      return shift;
    }
    double weight = weight(batch);
    for (int i = 0; i < shift.length; i++) {
      shift[i] = batch.means[i] - means[i];
      squares[i] += batch.squares[i] + weight * shift[i] * shift[i];
      means[i] += shift[i] * batch.samples() / (samples + batch.samples());
    }
    samples += batch.samples();
    return shift;
  }

  /** Returns what the product of two shifts counts for: {@code n1 n2 / (n1 + n2)}. */
  double weight(Batch batch) {
    return (double) samples * batch.samples() / (samples + batch.samples());
  }

  long samples() {
    return samples;
  }

  double mean(int unit) {
    return means[unit];
  }

  /** Returns the sum of squared deviations from the mean. */
  double squares(int unit) {
    return squares[unit];
  }

  /** Returns the variance, with {@code n} below the line as batch normalisation has it. */
  double variance(int unit) {
    return squares[unit] / samples;
  }

  int units() {
    return means.length;
  }
}
