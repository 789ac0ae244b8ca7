package io.modelweave.examples.corpora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.text.TokenStream;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LanguageTest {

  private static final int MANY = 4000;

  @Test
  void should_have_102_words_in_the_order_of_the_reference() {
    List<String> words = Language.tokenizer().words();

    assertThat(words).hasSize(102).startsWith("<eot>", "tom", "ann").endsWith("f", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19");
    assertThat(words.indexOf("has")).isEqualTo(17);
    assertThat(words.indexOf("def")).isEqualTo(38);
    assertThat(words.indexOf("red")).isEqualTo(58);
    assertThat(words.indexOf("a")).isEqualTo(76);
  }

  @Test
  void should_tell_right_sums_and_differences() {
    Pattern sum = Pattern.compile("(\\w+) has (\\d) (\\w+) , then buys (\\d) more \\. how many \\3 does \\1 have now \\? the answer is \\2 and \\4 so (\\d+) \\.");
    Pattern difference = Pattern.compile("\\w+ has (\\d) (\\w+) and sells (\\d) \\. how many \\2 left \\? so \\1 fewer \\3 is (\\d) \\.");

    assertThat(documents(Language.MATHS)).allSatisfy(text -> {
      Matcher s = sum.matcher(text);
      Matcher d = difference.matcher(text);
      assertThat(s.matches() && number(s, 2) + number(s, 4) == number(s, 5) || d.matches() && number(d, 1) - number(d, 3) == number(d, 4)).isTrue();
    });
    assertThat(share(Language.MATHS, sum)).isCloseTo(0.5, within(0.03));
  }

  @Test
  void should_write_right_programs_in_the_given_proportions() {
    Pattern sum = Pattern.compile("def solve \\( \\) : (\\w) = (\\d) ; (\\w) = (\\d) ; return \\1 \\+ \\3 ; end # (\\d+)");
    Pattern difference = Pattern.compile("def solve \\( \\) : (\\w) = (\\d) ; (\\w) = (\\d) ; (\\w) = \\1 - \\3 ; return \\5 ; end # (\\d)");
    Pattern loop = Pattern.compile("for (\\w) in range \\( \\d \\) : print \\( \\1 \\) ; end if (\\w) = \\d : print \\( \\2 \\) else return \\w ; end");

    assertThat(documents(Language.CODE)).allSatisfy(text -> {
      Matcher s = sum.matcher(text);
      Matcher d = difference.matcher(text);
      assertThat(s.matches() && number(s, 2) + number(s, 4) == number(s, 5) || d.matches() && number(d, 2) - number(d, 4) == number(d, 6) || loop.matcher(text).matches()).isTrue();
    });
    assertThat(share(Language.CODE, sum)).isCloseTo(0.4, within(0.03));
    assertThat(share(Language.CODE, difference)).isCloseTo(0.3, within(0.03));
  }

  @Test
  void should_answer_a_question_by_a_program() {
    Pattern sum = Pattern.compile("(\\w+) has (\\d) (\\w+) , then buys (\\d) more \\. how many \\3 does \\1 have now \\? def solve \\( \\) : (\\w) = \\2 ; (\\w) = \\4 ; (\\w) = \\5 \\+ \\6 ; return \\7 ; end");
    Pattern difference = Pattern.compile("\\w+ has (\\d) (\\w+) and sells (\\d) \\. how many \\2 left \\? def solve \\( \\) : (\\w) = \\1 ; (\\w) = \\3 ; (\\w) = \\4 - \\5 ; return \\6 ; end");

    assertThat(documents(Language.CROSS_DOMAIN)).allMatch(text -> sum.matcher(text).matches() || difference.matcher(text).matches());
    assertThat(share(Language.CROSS_DOMAIN, sum)).isCloseTo(0.5, within(0.03));
  }

  @Test
  void should_follow_the_markov_chain_most_of_the_time() {
    int follows = 0;
    int steps = 0;
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < MANY; i++) {
      int[] ids = Language.tokenizer().encode(Language.WEB.document(random));
      assertThat(ids).hasSizeBetween(13, 30).doesNotContain(0);
      for (int t = 1; t < ids.length; t++) {
        steps++;
        follows += WebText.follows(ids[t - 1], ids[t]) ? 1 : 0;
      }
    }

    // Any of the other 15 % is a successor by chance in at most 6 of 101 cases.
    assertThat((double) follows / steps).isBetween(0.85, 0.865);
  }

  @Test
  void should_put_noise_into_the_pretraining_problems() {
    double clean = documents(Language.PRETRAINING).stream().filter(text -> text.contains("def solve ( ) :")).count() / (double) MANY;

    // 20 % code, of which 70 % start so, if none of the five words was replaced by another.
    assertThat(clean).isCloseTo(0.2 * 0.7 * Math.pow(0.85 + 0.15 / 101, 5), within(0.012));
  }

  @ParameterizedTest
  @EnumSource
  void should_give_the_same_stream_for_the_same_seed(Language language) {
    TokenStream stream = language.stream(1000, 3);

    assertThat(stream.length()).isEqualTo(1000);
    assertThat(stream).isEqualTo(language.stream(1000, 3)).isNotEqualTo(language.stream(1000, 4));
    assertThat(language.stream(100, 3).toArray()).isEqualTo(stream.slice(0, 100));
    assertThatIllegalArgumentException().isThrownBy(() -> language.stream(0, 1)).withMessageContaining("0 tokens");
  }

  @Test
  void should_have_the_sizes_of_the_reference() {
    SyntheticCorpora corpora = SyntheticCorpora.of(0);

    assertThat(Stream.of(corpora.pretraining(), corpora.maths(), corpora.code(), corpora.target()).map(split -> split.train().length())).containsExactly(60_000, 40_000, 40_000, 30_000);
    assertThat(Stream.of(corpora.pretraining(), corpora.maths(), corpora.code(), corpora.target()).map(split -> split.validation().length())).containsExactly(6_000, 6_000, 6_000, 8_000);
    assertThat(corpora.target().train()).isNotEqualTo(SyntheticCorpora.of(1).target().train());
    assertThat(corpora).isEqualTo(SyntheticCorpora.of(0));
  }

  @Test
  void should_refuse_unknown_words() {
    WordTokenizer tokenizer = Language.tokenizer();

    assertThat(tokenizer.decode(tokenizer.encode(" tom  has 3 pens "))).isEqualTo("tom has 3 pens");
    assertThatIllegalArgumentException().isThrownBy(() -> tokenizer.encode("tom sings")).withMessageContaining("\"sings\"");
    assertThatIllegalArgumentException().isThrownBy(() -> tokenizer.decode(new int[] {102})).withMessageContaining("id 102");
  }

  private static List<String> documents(Language language) {
    SplittableRandom random = new SplittableRandom(5);
    return IntStream.range(0, MANY).mapToObj(i -> String.join(" ", language.document(random))).toList();
  }

  private static double share(Language language, Pattern pattern) {
    return documents(language).stream().filter(text -> pattern.matcher(text).matches()).count() / (double) MANY;
  }

  private static int number(Matcher matcher, int group) {
    return Integer.parseInt(matcher.group(group));
  }
}
