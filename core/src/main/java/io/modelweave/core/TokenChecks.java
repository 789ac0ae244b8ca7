package io.modelweave.core;

import io.modelweave.core.transformer.TransformerConfiguration;
import java.util.Map;
import java.util.TreeMap;

/** Whether a model can read token ids. */
final class TokenChecks {

  private static final int NAMED = 10;

  private TokenChecks() {}

  /** Returns normally if {@code inputs} positions fit the context and every id is in the vocabulary. */
  static void require(TransformerConfiguration configuration, int[][] ids, int inputs) {
    if (inputs < 1) {
      throw new IllegalArgumentException("windows of one token leave nothing to predict; a loss needs at least two");
    }
    if (inputs > configuration.contextLength()) {
      throw new IllegalArgumentException("%d positions to read, the model's context is 1 to %d; cut the sequences into shorter windows"
          .formatted(inputs, configuration.contextLength()));
    }
    Map<Integer, String> wrong = new TreeMap<>();
    for (int b = 0; b < ids.length; b++) {
      for (int t = 0; t < ids[b].length; t++) {
        if (ids[b][t] < 0 || ids[b][t] >= configuration.vocabularySize()) {
          wrong.putIfAbsent(ids[b][t], "%d (sequence %d, position %d)".formatted(ids[b][t], b, t));
        }
      }
    }
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException("token ids outside the vocabulary of %d: %s; was the text encoded with another tokenizer?"
          .formatted(configuration.vocabularySize(), String.join(", ", wrong.values().stream().limit(NAMED).toList())));
    }
  }
}
