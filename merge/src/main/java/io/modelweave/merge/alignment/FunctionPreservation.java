package io.modelweave.merge.alignment;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How far the outputs of two models are apart on the same inputs: a permuted model should differ from the original by rounding only.
 *
 * @param largestDifference the largest {@code |a - b|} of any output
 * @param largestOutput the largest {@code |a|} of any output
 * @param outputs how many numbers were compared
 */
public record FunctionPreservation(double largestDifference, double largestOutput, long outputs) {

  /** Returns {@code max |a - b| / max |a|}; the sums of FLOAT products in another order give some 1e-6. NaN where an output is NaN. */
  public double relative() {
    return largestDifference == 0 ? 0 : largestDifference / largestOutput;
  }

  /**
   * Returns this if the relative difference is at most {@code tolerance}.
   *
   * @throws IllegalStateException with the figures, if it is larger or NaN: the specification is wrong for this model
   */
  public FunctionPreservation require(double tolerance) {
    if (!(relative() <= tolerance)) {
      throw new IllegalStateException(("the permuted model computes something else: outputs up to %s apart where they reach %s, a share of %s, "
          + "over %s; its permutation specification misses an axis or has one too many")
          .formatted(largestDifference, largestOutput, relative(), tolerance));
    }
    return this;
  }

  /**
   * Returns the difference between two networks' outputs.
   *
   * @param inputs what {@code output} takes; not modified
   * @throws IllegalArgumentException if the outputs differ in shape
   */
  public static FunctionPreservation of(MultiLayerNetwork a, MultiLayerNetwork b, INDArray inputs) {
    try (INDArray left = a.output(inputs);
        INDArray right = b.output(inputs)) {
      return between(left, right);
    }
  }

  /**
   * Returns the difference between all outputs of two graphs.
   *
   * @param inputs one for each input of the graph; not modified
   * @throws IllegalArgumentException if the outputs differ in number or shape
   */
  public static FunctionPreservation of(ComputationGraph a, ComputationGraph b, INDArray... inputs) {
    INDArray[] left = a.output(inputs);
    INDArray[] right = b.output(inputs);
    if (left.length != right.length) {
      throw new IllegalArgumentException("%d outputs against %d".formatted(left.length, right.length));
    }
    FunctionPreservation all = new FunctionPreservation(0, 0, 0);
    for (int i = 0; i < left.length; i++) {
      all = all.and(between(left[i], right[i]));
      left[i].close();
      right[i].close();
    }
    return all;
  }

  /**
   * Returns the difference between two models' logits.
   *
   * @throws IllegalArgumentException if there is no batch, or the vocabularies differ
   */
  public static FunctionPreservation of(LanguageModel a, LanguageModel b, List<TokenBatch> batches) {
    FunctionPreservation all = new FunctionPreservation(0, 0, 0);
    for (TokenBatch batch : batches) {
      try (INDArray left = a.logits(batch);
          INDArray right = b.logits(batch)) {
        all = all.and(between(left, right));
      }
    }
    if (all.outputs == 0) {
      throw new IllegalArgumentException("no batch: functions are compared on at least one input");
    }
    return all;
  }

  private FunctionPreservation and(FunctionPreservation other) {
    return new FunctionPreservation(Math.max(largestDifference, other.largestDifference), Math.max(largestOutput, other.largestOutput),
        outputs + other.outputs);
  }

  private static FunctionPreservation between(INDArray a, INDArray b) {
    if (!Arrays.equals(a.shape(), b.shape())) {
      throw new IllegalArgumentException("outputs are %s against %s".formatted(Arrays.toString(a.shape()), Arrays.toString(b.shape())));
    }
    double difference = 0;
    double output = 0;
    double[] left = doubles(a);
    double[] right = doubles(b);
    for (int i = 0; i < left.length; i++) {
      difference = Math.max(difference, Math.abs(left[i] - right[i])); // NaN stays
      output = Math.max(output, Math.abs(left[i]));
    }
    return new FunctionPreservation(difference, output, left.length);
  }

  private static double[] doubles(INDArray array) {
    try (INDArray copy = Doubles.copy(array)) {
      return copy.reshape(copy.length()).toDoubleVector();
    }
  }
}
