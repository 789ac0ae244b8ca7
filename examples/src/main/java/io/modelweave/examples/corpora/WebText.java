package io.modelweave.examples.corpora;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * An order-1 Markov chain over all words but the end token: 85 % of the steps go to one of 6 fixed successors of the last
 * word, the others to any word. Documents have 13 to 30 words.
 */
final class WebText {

  private static final int SUCCESSORS = 6;
  private static final double FOLLOW = 0.85;
  private static final int[][] TABLE = table(new SplittableRandom(7));

  private WebText() {}

  private static int[][] table(SplittableRandom random) {
    int[][] table = new int[Words.TOKENIZER.vocabularySize()][SUCCESSORS];
    for (int[] row : table) {
      for (int i = 0; i < row.length; i++) {
        row[i] = Words.anyId(random);
      }
    }
    return table;
  }

  static List<String> document(SplittableRandom random) {
    int steps = random.nextInt(12, 30);
    int last = Words.anyId(random);
    List<String> words = new ArrayList<>(steps + 1);
    words.add(Words.TOKENIZER.words().get(last));
    for (int i = 0; i < steps; i++) {
      last = random.nextDouble() < FOLLOW ? TABLE[last][random.nextInt(SUCCESSORS)] : Words.anyId(random);
      words.add(Words.TOKENIZER.words().get(last));
    }
    return words;
  }

  /** Returns whether the second word is a fixed successor of the first. */
  static boolean follows(int first, int second) {
    for (int successor : TABLE[first]) {
      if (successor == second) {
        return true;
      }
    }
    return false;
  }
}
