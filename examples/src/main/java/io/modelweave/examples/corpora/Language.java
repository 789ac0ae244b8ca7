package io.modelweave.examples.corpora;

import io.modelweave.core.text.TokenStream;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/** The languages of the scaled-down experiments; all share the words of {@link #tokenizer()}. */
public enum Language {

  /** General text: an order-1 Markov chain over all words. */
  WEB(WebText::document),
  /** Word problems with worded answers: {@code kim has 3 pens and sells 1 . how many pens left ? so 3 fewer 1 is 2 .} */
  MATHS(Problems::maths),
  /** Small programs: {@code def solve ( ) : a = 3 ; b = 1 ; return a + b ; end # 4} */
  CODE(Problems::code),
  /** A word problem answered by a program: what neither the maths nor the code specialist has seen. */
  CROSS_DOMAIN(Problems::crossDomain),
  /** What a general model is trained on: 60 % web, 20 % maths and 20 % code of which 15 % of the words are replaced by any. */
  PRETRAINING(Language::mixed);

  private static final double NOISE = 0.15;

  private final Function<SplittableRandom, List<String>> grammar;

  Language(Function<SplittableRandom, List<String>> grammar) {
    this.grammar = grammar;
  }

  /** Returns the tokenizer of all languages: 102 words, id 0 ends a document. */
  public static WordTokenizer tokenizer() {
    return Words.TOKENIZER;
  }

  /** Returns the words of one document, without an end token. */
  public List<String> document(SplittableRandom random) {
    return grammar.apply(random);
  }

  /**
   * Returns exactly {@code length} tokens of documents; the last document may be cut off. The same seed gives the same stream.
   *
   * @throws IllegalArgumentException if {@code length < 1}
   */
  public TokenStream stream(int length, long seed) {
    if (length < 1) {
      throw new IllegalArgumentException("a stream of %d tokens; it needs at least 1".formatted(length));
    }
    SplittableRandom random = new SplittableRandom(seed);
    int[] tokens = new int[length];
    int filled = 0;
    while (filled < length) {
      int[] ids = Words.TOKENIZER.encode(document(random));
      // The fresh array ends with a 0, which is the end token.
      int[] ended = Arrays.copyOf(ids, ids.length + 1);
      int taken = Math.min(ended.length, length - filled);
      System.arraycopy(ended, 0, tokens, filled, taken);
      filled += taken;
    }
    return TokenStream.of(tokens, Words.TOKENIZER.endToken());
  }

  private static List<String> mixed(SplittableRandom random) {
    double kind = random.nextDouble();
    if (kind < 0.6) {
      return WebText.document(random);
    }
    List<String> clean = kind < 0.8 ? Problems.maths(random) : Problems.code(random);
    return clean.stream().map(word -> random.nextDouble() < NOISE ? Words.any(random) : word).toList();
  }
}
