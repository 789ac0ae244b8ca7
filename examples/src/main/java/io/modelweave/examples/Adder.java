package io.modelweave.examples;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The task of adding two two-digit numbers, digit by digit: ids {@code a1 a0 b1 b0}, then the sum's three digits, units first. */
final class Adder {

  private static final int NUMBERS = 100;
  private static final int DIGITS = 10;
  private static final int QUESTION = 4;
  private static final int ANSWER = 3;

  private Adder() {}

  /**
   * How well a model adds.
   *
   * @param accuracy share of the 10,000 sums whose three greedily decoded digits are all right
   * @param crossEntropy mean over the answer digits in nats, given the right digits before
   */
  record Result(double accuracy, double crossEntropy) {}

  /**
   * Returns normally if a model can be asked for sums.
   *
   * @throws IllegalArgumentException if its vocabulary or context is too small
   */
  static void require(String name, LanguageModel model) {
    int vocabulary = model.configuration().vocabularySize();
    int context = model.configuration().contextLength();
    if (vocabulary < DIGITS || context < QUESTION + ANSWER - 1) {
      throw new IllegalArgumentException("%s has a vocabulary of %d and a context of %d; adding needs ten digits and six positions"
          .formatted(name, vocabulary, context));
    }
  }

  /** Returns how well a model does on all sums. */
  static Result measure(LanguageModel model) {
    int right = 0;
    double crossEntropy = 0;
    for (int a = 0; a < NUMBERS; a++) {
      int[][] rows = new int[NUMBERS][];
      for (int b = 0; b < NUMBERS; b++) {
        int sum = a + b;
        rows[b] = new int[] {a / 10, a % 10, b / 10, b % 10, sum % 10, sum / 10 % 10, sum / 100};
      }
      int inputs = QUESTION + ANSWER - 1;
      try (INDArray logits = model.logits(new TokenBatch(columns(rows, inputs)))) { // [100, 6, V]
        float[] values = logits.dup('c').reshape(logits.length()).toFloatVector();
        int vocabulary = (int) logits.size(2);
        for (int b = 0; b < NUMBERS; b++) {
          boolean all = true;
          for (int digit = 0; digit < ANSWER; digit++) {
            int at = (b * inputs + QUESTION - 1 + digit) * vocabulary;
            int target = rows[b][QUESTION + digit];
            // Decoding greedily meets the right digits before exactly as long as it was right so far, so one pass tells both.
            all &= largest(values, at, vocabulary) == target;
            crossEntropy += logSumExp(values, at, vocabulary) - values[at + target];
          }
          right += all ? 1 : 0;
        }
      }
    }
    int count = NUMBERS * NUMBERS;
    return new Result((double) right / count, crossEntropy / (count * ANSWER));
  }

  private static int[][] columns(int[][] rows, int count) {
    int[][] cut = new int[rows.length][];
    for (int row = 0; row < rows.length; row++) {
      cut[row] = Arrays.copyOf(rows[row], count);
    }
    return cut;
  }

  private static int largest(float[] values, int from, int count) {
    int best = 0;
    for (int i = 1; i < count; i++) {
      if (values[from + i] > values[from + best]) {
        best = i;
      }
    }
    return best;
  }

  private static double logSumExp(float[] values, int from, int count) {
    double maximum = values[from + largest(values, from, count)];
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Math.exp(values[from + i] - maximum);
    }
    return maximum + Math.log(sum);
  }
}
