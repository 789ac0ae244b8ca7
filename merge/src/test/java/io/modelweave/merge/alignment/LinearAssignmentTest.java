package io.modelweave.merge.alignment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LinearAssignmentTest {

  private static final double CLOSE = 1e-12;

  @Test
  void should_reach_the_sum_that_trying_every_permutation_finds() {
    SplittableRandom random = new SplittableRandom(1);
    for (int n = 1; n <= 7; n++) {
      for (int trial = 0; trial < 30; trial++) {
        double[] scores = random.doubles((long) n * n, -5, 5).toArray();

        Permutation best = LinearAssignment.maximize(scores, n);

        assertThat(sum(scores, best)).isCloseTo(largestSum(scores, n, 0, new boolean[n]), within(CLOSE));
      }
    }
  }

  @Test
  void should_solve_scores_that_are_full_of_ties_and_repeat_itself() {
    SplittableRandom random = new SplittableRandom(2);
    for (int trial = 0; trial < 50; trial++) {
      double[] scores = IntStream.range(0, 36).mapToDouble(i -> random.nextInt(3)).toArray();

      Permutation best = LinearAssignment.maximize(scores, 6);

      assertThat(sum(scores, best)).isEqualTo(largestSum(scores, 6, 0, new boolean[6]));
      assertThat(LinearAssignment.maximize(scores, 6)).isEqualTo(best);
    }
    assertThat(LinearAssignment.maximize(new double[9], 3)).isEqualTo(Permutation.identity(3));
  }

  @Test
  void should_not_let_the_last_digits_choose_among_rows_and_columns_of_zeros() {
    SplittableRandom random = new SplittableRandom(6);
    for (int trial = 0; trial < 200; trial++) {
      double[] scores = random.doubles(64, -1, 1).toArray();
      for (int i = 0; i < 64; i++) {
        scores[i] = i / 8 % 3 == trial % 3 || i % 8 < trial % 4 ? 0 : scores[i];
      }
      double[] rounded = DoubleStream.of(scores).map(score -> score * (1 + 1e-15 * random.nextInt(-9, 10))).toArray();

      Permutation best = LinearAssignment.maximize(scores, 8);

      assertThat(LinearAssignment.maximize(rounded, 8)).isEqualTo(best);
      assertThat(sum(scores, best)).isCloseTo(largestSum(scores, 8, 0, new boolean[8]), within(CLOSE));
    }
  }

  @Test
  void should_find_a_planted_permutation_among_hundreds() {
    Permutation planted = Permutation.random(300, new SplittableRandom(3));
    SplittableRandom random = new SplittableRandom(4);
    double[] scores = random.doubles(300 * 300).toArray();
    IntStream.range(0, 300).forEach(i -> scores[i * 300 + planted.of(i)] += 1);

    assertThat(LinearAssignment.maximize(scores, 300)).isEqualTo(planted);
  }

  @Test
  void should_be_no_worse_than_any_swap_of_two_rows() {
    double[] scores = new SplittableRandom(5).doubles(40 * 40, -1, 1).toArray();
    int[] order = LinearAssignment.maximize(scores, 40).order();

    for (int i = 0; i < 40; i++) {
      for (int j = 0; j < i; j++) {
        assertThat(scores[i * 40 + order[i]] + scores[j * 40 + order[j]])
            .isGreaterThanOrEqualTo(scores[i * 40 + order[j]] + scores[j * 40 + order[i]] - CLOSE);
      }
    }
  }

  @Test
  void should_refuse_what_is_no_square_of_finite_scores() {
    assertThatThrownBy(() -> LinearAssignment.maximize(new double[5], 2)).hasMessage("5 scores for a square of side 2");
    assertThatThrownBy(() -> LinearAssignment.maximize(new double[] {1, 2, Double.NaN, 3}, 2)).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("score NaN at row 1, column 0; an assignment needs finite scores");
  }

  private static double sum(double[] scores, Permutation permutation) {
    return IntStream.range(0, permutation.size()).mapToDouble(i -> scores[i * permutation.size() + permutation.of(i)]).sum();
  }

  private static double largestSum(double[] scores, int n, int row, boolean[] taken) {
    if (row == n) {
      return 0;
    }
    double largest = Double.NEGATIVE_INFINITY;
    for (int column = 0; column < n; column++) {
      if (!taken[column]) {
        taken[column] = true;
        largest = Math.max(largest, scores[row * n + column] + largestSum(scores, n, row + 1, taken));
        taken[column] = false;
      }
    }
    return largest;
  }
}
