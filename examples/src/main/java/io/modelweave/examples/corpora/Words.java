package io.modelweave.examples.corpora;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** The 102 words of all languages, and random draws of them. */
final class Words {

  static final List<String> NAMES = words("tom ann bob eva joe kim leo mia");
  static final List<String> OBJECTS = words("apples pens books cars cups hats keys eggs");
  static final List<String> VARIABLES = words("a b c d e f");

  private static final String MATHS = "has buys sells more fewer then and how many does have now the answer is so left total . ? ,";
  private static final String CODE = "def solve ( ) : = + - return print for in range if else ; [ ] # end";
  private static final String WEB = "red blue old new big small sky sea road tree went saw came with from over under into";

  static final WordTokenizer TOKENIZER = tokenizer();

  private Words() {}

  private static List<String> words(String text) {
    return List.of(text.split(" "));
  }

  private static WordTokenizer tokenizer() {
    Set<String> all = new LinkedHashSet<>(List.of("<eot>"));
    all.addAll(NAMES);
    all.addAll(OBJECTS);
    all.addAll(words(MATHS));
    all.addAll(words(CODE));
    all.addAll(words(WEB));
    all.addAll(VARIABLES);
    // Sums of two digits are single words, so that nothing has to be learned digit by digit.
    IntStream.range(0, 20).mapToObj(Integer::toString).forEach(all::add);
    return new WordTokenizer(new ArrayList<>(all));
  }

  /** Returns the id of any word but the end token. */
  static int anyId(SplittableRandom random) {
    return random.nextInt(1, TOKENIZER.vocabularySize());
  }

  static String any(SplittableRandom random) {
    return TOKENIZER.words().get(anyId(random));
  }

  static String oneOf(List<String> words, SplittableRandom random) {
    return words.get(random.nextInt(words.size()));
  }

  /** Returns {@code count} different words of the list, in random order. */
  static List<String> someOf(List<String> words, int count, SplittableRandom random) {
    List<String> left = new ArrayList<>(words);
    List<String> drawn = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      drawn.add(left.remove(random.nextInt(left.size())));
    }
    return drawn;
  }
}
