package io.modelweave.examples.corpora;

import io.modelweave.core.text.TokenSplit;

/**
 * Training and validation streams for one run of the scaled-down experiments. Sizes in tokens:
 *
 * <table>
 *   <caption>Tokens of each part</caption>
 *   <tr><th>corpus</th><th>train</th><th>validation</th></tr>
 *   <tr><td>pretraining</td><td>60 000</td><td>6 000</td></tr>
 *   <tr><td>maths</td><td>40 000</td><td>6 000</td></tr>
 *   <tr><td>code</td><td>40 000</td><td>6 000</td></tr>
 *   <tr><td>target</td><td>30 000</td><td>8 000</td></tr>
 * </table>
 *
 * @param pretraining what the common ancestor is trained on
 * @param maths what the first specialist is trained on
 * @param code what the second specialist is trained on
 * @param target the cross-domain task that the merged and routed models are measured on
 */
public record SyntheticCorpora(TokenSplit pretraining, TokenSplit maths, TokenSplit code, TokenSplit target) {

  private static final long SEEDS_OF_A_RUN = 100;

  /** Returns the corpora of a seed; different seeds share no stream. Cost: some tens of milliseconds. */
  public static SyntheticCorpora of(long seed) {
    long first = seed * SEEDS_OF_A_RUN;
    return new SyntheticCorpora(
        split(Language.PRETRAINING, 60_000, first + 1, 6_000, first + 2),
        split(Language.MATHS, 40_000, first + 3, 6_000, first + 4),
        split(Language.CODE, 40_000, first + 5, 6_000, first + 6),
        split(Language.CROSS_DOMAIN, 30_000, first + 8, 8_000, first + 9));
  }

  private static TokenSplit split(Language language, int train, long trainSeed, int validation, long validationSeed) {
    return new TokenSplit(language.stream(train, trainSeed), language.stream(validation, validationSeed));
  }

  /** Returns the tokenizer of all streams. */
  public WordTokenizer tokenizer() {
    return Language.tokenizer();
  }
}
