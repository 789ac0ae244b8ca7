package io.modelweave.examples.corpora;

import io.modelweave.core.text.Tokenizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A fixed list of words, one id each, separated by spaces in text; the first word is the end of a document. */
public final class WordTokenizer implements Tokenizer {

  private final List<String> words;
  private final Map<String, Integer> ids;

  /**
   * Makes a tokenizer of these words; the id of a word is its position.
   *
   * @param words the end token, then the others
   * @throws IllegalArgumentException if there are no words, or one is there twice or holds a blank
   */
  public WordTokenizer(List<String> words) {
    if (words.isEmpty()) {
      throw new IllegalArgumentException("no words: a vocabulary needs at least its end token");
    }
    this.words = List.copyOf(words);
    Map<String, Integer> byWord = new HashMap<>();
    for (String word : words) {
      if (word.isBlank() || word.chars().anyMatch(Character::isWhitespace)) {
        throw new IllegalArgumentException("\"%s\" is not a word".formatted(word));
      }
      if (byWord.put(word, byWord.size()) != null) {
        throw new IllegalArgumentException("the word \"%s\" is there twice".formatted(word));
      }
    }
    this.ids = Map.copyOf(byWord);
  }

  /** Returns the words in the order of their ids. */
  public List<String> words() {
    return words;
  }

  @Override
  public int[] encode(String text) {
    return text.isBlank() ? new int[0] : encode(List.of(text.strip().split("\\s+")));
  }

  /**
   * Returns the ids of words.
   *
   * @throws IllegalArgumentException naming the first word that is not in the vocabulary
   */
  public int[] encode(List<String> text) {
    return text.stream().mapToInt(word -> {
      Integer id = ids.get(word);
      if (id == null) {
        throw new IllegalArgumentException("the word \"%s\" is not in the vocabulary of %d words".formatted(word, words.size()));
      }
      return id;
    }).toArray();
  }

  @Override
  public String decode(int[] tokens) {
    List<String> text = new ArrayList<>(tokens.length);
    for (int id : tokens) {
      if (id < 0 || id >= words.size()) {
        throw new IllegalArgumentException("id %d is not in the vocabulary of %d words".formatted(id, words.size()));
      }
      text.add(words.get(id));
    }
    return String.join(" ", text);
  }

  @Override
  public int vocabularySize() {
    return words.size();
  }

  @Override
  public int endToken() {
    return 0;
  }
}
