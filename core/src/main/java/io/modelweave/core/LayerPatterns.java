package io.modelweave.core;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Layer names and glob patterns: {@code *} stands for any characters, dots included, {@code ?} for one. */
final class LayerPatterns {

  private LayerPatterns() {}

  /**
   * Returns the names that at least one pattern matches, in the order of {@code names}.
   *
   * @throws IllegalArgumentException listing every pattern that matches nothing, and the names there are; or if there is no pattern
   */
  static List<String> select(List<String> patterns, List<String> names) {
    if (patterns.isEmpty()) {
      throw new IllegalArgumentException("no layer to record; there are " + names);
    }
    Set<String> selected = new LinkedHashSet<>();
    Set<String> unmatched = new LinkedHashSet<>();
    for (String pattern : patterns) {
      List<String> matched = names.contains(pattern) ? List.of(pattern) : names.stream().filter(compile(pattern).asMatchPredicate()).toList();
      selected.addAll(matched);
      if (matched.isEmpty()) {
        unmatched.add('"' + pattern + '"');
      }
    }
    if (!unmatched.isEmpty()) {
      throw new IllegalArgumentException("no layer %s; there are %s".formatted(String.join(", ", unmatched), names));
    }
    return names.stream().filter(selected::contains).toList();
  }

  private static Pattern compile(String glob) {
    String regex = glob.chars().mapToObj(c -> switch (c) {
      case '*' -> ".*";
      case '?' -> ".";
      default -> Pattern.quote(Character.toString(c));
    }).collect(Collectors.joining());
    return Pattern.compile(regex, Pattern.DOTALL);
  }
}
