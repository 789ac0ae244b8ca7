package io.modelweave.moe.sparse;

/**
 * Which tokens go to which experts: for each token the {@code k} experts with the largest gates, of equal ones those listed first. The
 * {@code k N} assignments are sorted by expert, and by token within an expert.
 *
 * @param starts {@code E + 1} bounds: those of expert {@code e} are {@code starts[e]} to {@code starts[e + 1] - 1}
 * @param tokens {@code [k N]} token of each assignment
 * @param gates {@code [k N]} weight of each assignment
 * @param places {@code k} arrays {@code [N]}: the places of each token's assignments
 */
record Assignment(int[] starts, int[] tokens, float[] gates, int[][] places) {

  /**
   * Returns the assignment for gates {@code [N, E]}, row by row.
   *
   * @param name of the mixture, for messages
   * @throws ArithmeticException naming mixture and token, if a gate is not a number
   */
  static Assignment of(String name, float[] gates, int experts, int k) {
    int count = gates.length / experts;
    int[] chosen = new int[count * k];
    int[] starts = new int[experts + 1];
    for (int token = 0; token < count; token++) {
      choose(name, gates, token, experts, chosen, k);
      for (int turn = 0; turn < k; turn++) {
        starts[chosen[token * k + turn] + 1]++;
      }
    }
    for (int expert = 0; expert < experts; expert++) {
      starts[expert + 1] += starts[expert];
    }
    int[] next = starts.clone();
    Assignment assignment = new Assignment(starts, new int[count * k], new float[count * k], new int[k][count]);
    for (int token = 0; token < count; token++) {
      for (int turn = 0; turn < k; turn++) {
        int expert = chosen[token * k + turn];
        int place = next[expert]++;
        assignment.tokens[place] = token;
        assignment.gates[place] = gates[token * experts + expert];
        assignment.places[turn][token] = place;
      }
    }
    return assignment;
  }

  private static void choose(String name, float[] gates, int token, int experts, int[] chosen, int k) {
    int first = token * k;
    int found = 0;
    for (int expert = 0; expert < experts; expert++) {
      float gate = gates[token * experts + expert];
      if (Float.isNaN(gate)) {
        throw new ArithmeticException(("%s: the gate of expert %d for token %d is not a number;"
            + " look for NaN or infinity in the router's weights and the model's parameters").formatted(name, expert, token));
      }
      int at = found;
      while (at > 0 && gates[token * experts + chosen[first + at - 1]] < gate) {
        at--;
      }
      if (at < k) {
        found = Math.min(found + 1, k);
        System.arraycopy(chosen, first + at, chosen, first + at + 1, found - at - 1);
        chosen[first + at] = expert;
      }
    }
  }

  /** Returns how many assignments expert {@code e} has. */
  int load(int expert) {
    return starts[expert + 1] - starts[expert];
  }
}
