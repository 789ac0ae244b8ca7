package io.modelweave.merge.alignment;

import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * The exact solution of the linear assignment problem: which column for which row, each once, so that the sum of the scores is largest.
 *
 * <p>One shortest augmenting path a row on reduced costs, in plain double arithmetic; ties go to the lower column, and rows and columns of
 * nothing but 0 share what is left in ascending order, so that the result depends on nothing but the scores. Cost: at most {@code O(n^3)}
 * time, {@code O(n)} memory beside the scores.
 *
 * <p>Source: Jonker and Volgenant, "A shortest augmenting path algorithm for dense and sparse linear assignment problems", Computing 38,
 * 1987, augmentation phase.
 */
public final class LinearAssignment {

  private LinearAssignment() {}

  /**
   * Returns the permutation {@code p} for which the sum over rows {@code i} of {@code scores[i * n + p(i)]} is largest.
   *
   * @param scores {@code [n, n]}, row after row; not modified
   * @param n number of rows and of columns, at least 1
   * @throws IllegalArgumentException if there are not {@code n * n} scores, or one is not finite, with its row and column
   */
  public static Permutation maximize(double[] scores, int n) {
    if (n < 1 || scores.length != (long) n * n) {
      throw new IllegalArgumentException("%d scores for a square of side %d".formatted(scores.length, n));
    }
    for (int i = 0; i < scores.length; i++) {
      if (!Double.isFinite(scores[i])) {
        throw new IllegalArgumentException("score %s at row %d, column %d; an assignment needs finite scores"
            .formatted(scores[i], i / n, i % n));
      }
    }
    return new Permutation(settled(new Search(scores, n).run(), scores, n));
  }

  /**
   * Rows and columns of nothing but 0, as of units that never change, leave many assignments equally good, and the last digits of the
   * other scores would choose: rows that have scores are given the columns that have none, in ascending order, then the other rows the rest.
   */
  private static int[] settled(int[] columnOfRow, double[] scores, int n) {
    boolean[] scored = new boolean[n];
    boolean[] scoring = new boolean[n];
    for (int i = 0; i < scores.length; i++) {
      scored[i / n] |= scores[i] != 0;
      scoring[i % n] |= scores[i] != 0;
    }
    int[] free = IntStream.range(0, n).filter(row -> !(scored[row] && scoring[columnOfRow[row]])).toArray();
    int[] rows = inOrder(free, row -> !scored[row]);
    int[] columns = inOrder(IntStream.of(free).map(row -> columnOfRow[row]).sorted().toArray(), column -> scoring[column]);
    int[] settled = columnOfRow.clone();
    for (int i = 0; i < free.length; i++) {
      settled[rows[i]] = columns[i];
    }
    return settled;
  }

  /** Returns numbers in the order in which they are, but those that are to be last behind the others. */
  private static int[] inOrder(int[] numbers, IntPredicate last) {
    return IntStream.concat(IntStream.of(numbers).filter(last.negate()), IntStream.of(numbers).filter(last)).toArray();
  }

  /** Costs are negated scores; the row and column prices keep every reduced cost from going below zero. */
  private static final class Search {

    private static final int NONE = -1;

    private final double[] scores;
    private final int n;
    private final double[] rowPrice;
    private final double[] columnPrice;
    private final int[] columnOfRow;
    private final int[] rowOfColumn;
    private final double[] distance;
    private final int[] cameFromRow;
    private final boolean[] reached;

    Search(double[] scores, int n) {
      this.scores = scores;
      this.n = n;
      rowPrice = new double[n];
      columnPrice = new double[n];
      columnOfRow = new int[n];
      rowOfColumn = new int[n];
      distance = new double[n];
      cameFromRow = new int[n];
      reached = new boolean[n];
      Arrays.fill(columnOfRow, NONE);
      Arrays.fill(rowOfColumn, NONE);
    }

    int[] run() {
      for (int row = 0; row < n; row++) {
        augment(row);
      }
      return columnOfRow;
    }

    /** Finds the cheapest path from a free row to a free column and flips the assignments along it. */
    private void augment(int start) {
      Arrays.fill(distance, Double.POSITIVE_INFINITY);
      Arrays.fill(reached, false);
      double cheapest = 0;
      int end = NONE;
      for (int row = start; end == NONE; ) {
        int next = relax(row, cheapest);
        cheapest = distance[next];
        reached[next] = true;
        row = rowOfColumn[next];
        end = row == NONE ? next : NONE;
      }
      rowPrice[start] += cheapest;
      for (int column = 0; column < n; column++) {
        if (reached[column] && column != end) {
          rowPrice[rowOfColumn[column]] += cheapest - distance[column];
        }
        if (reached[column]) {
          columnPrice[column] -= cheapest - distance[column];
        }
      }
      for (int column = end, row = NONE; row != start; ) {
        row = cameFromRow[column];
        rowOfColumn[column] = row;
        int previous = columnOfRow[row];
        columnOfRow[row] = column;
        column = previous;
      }
    }

    /** Shortens distances by way of {@code row} and returns the nearest column that is not reached yet. */
    private int relax(int row, double soFar) {
      int nearest = NONE;
      double least = Double.POSITIVE_INFINITY;
      for (int column = 0; column < n; column++) {
        if (reached[column]) {
          continue;
        }
        double through = soFar - scores[row * n + column] - rowPrice[row] - columnPrice[column];
        if (through < distance[column]) {
          distance[column] = through;
          cameFromRow[column] = row;
        }
        if (nearest == NONE || distance[column] < least) {
          least = distance[column];
          nearest = column;
        }
      }
      return nearest;
    }
  }
}
