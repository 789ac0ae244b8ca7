package io.modelweave.core.text;

/** The bounds of ids, said in the same words everywhere. */
final class VocabularyCheck {

  private VocabularyCheck() {}

  static void requireKnown(int[] ids, int vocabularySize) {
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= vocabularySize) {
        throw new IllegalArgumentException("id %d at position %d is not in the vocabulary of %d tokens".formatted(ids[i], i, vocabularySize));
      }
    }
  }
}
