package io.modelweave.examples.corpora;

import java.util.List;
import java.util.SplittableRandom;

/** Additions and subtractions of two digits: told in words, programmed, and asked in words but answered by a program. */
final class Problems {

  private Problems() {}

  static List<String> maths(SplittableRandom random) {
    Story story = Story.draw(random);
    return words(story.sum()
        ? "%s the answer is %d and %d so %d .".formatted(story.question(), story.x(), story.y(), story.x() + story.y())
        : "%s so %d fewer %d is %d .".formatted(story.question(), story.x(), story.y(), story.x() - story.y()));
  }

  static List<String> code(SplittableRandom random) {
    List<String> v = Words.someOf(Words.VARIABLES, 3, random);
    String a = v.get(0);
    String b = v.get(1);
    String c = v.get(2);
    int x = random.nextInt(10);
    int y = random.nextInt(10);
    double kind = random.nextDouble();
    if (kind < 0.4) {
      return words("def solve ( ) : %s = %d ; %s = %d ; return %s + %s ; end # %d".formatted(a, x, b, y, a, b, x + y));
    }
    if (kind < 0.7) {
      int more = Math.max(x, y);
      int less = Math.min(x, y);
      return words("%s # %d".formatted(program(v, more, "-", less), more - less));
    }
    return words("for %s in range ( %d ) : print ( %s ) ; end if %s = %d : print ( %s ) else return %s ; end".formatted(a, x, a, b, y, b, c));
  }

  static List<String> crossDomain(SplittableRandom random) {
    Story story = Story.draw(random);
    List<String> variables = Words.someOf(Words.VARIABLES, 3, random);
    return words(story.question() + " " + program(variables, story.x(), story.sum() ? "+" : "-", story.y()));
  }

  private static String program(List<String> v, int x, String operator, int y) {
    return "def solve ( ) : %s = %d ; %s = %d ; %s = %s %s %s ; return %s ; end"
        .formatted(v.get(0), x, v.get(1), y, v.get(2), v.get(0), operator, v.get(1), v.get(2));
  }

  private static List<String> words(String text) {
    return List.of(text.split(" "));
  }

  /** A question about a sum or a difference, even odds, of which the result is in 0 to 18. */
  private record Story(String name, String object, int x, int y, boolean sum) {

    static Story draw(SplittableRandom random) {
      String name = Words.oneOf(Words.NAMES, random);
      String object = Words.oneOf(Words.OBJECTS, random);
      int x = random.nextInt(10);
      int y = random.nextInt(10);
      boolean sum = random.nextDouble() < 0.5;
      return sum ? new Story(name, object, x, y, true) : new Story(name, object, Math.max(x, y), Math.min(x, y), false);
    }

    String question() {
      return sum
          ? "%s has %d %s , then buys %d more . how many %s does %s have now ?".formatted(name, x, object, y, object, name)
          : "%s has %d %s and sells %d . how many %s left ?".formatted(name, x, object, y, object);
    }
  }
}
