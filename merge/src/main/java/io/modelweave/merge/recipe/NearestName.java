package io.modelweave.merge.recipe;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** The name that someone most likely meant. */
final class NearestName {

  private NearestName() {}

  /** Returns the nearest of these names if it is near enough to be a slip: a third of its letters at most. */
  static Optional<String> of(String written, Collection<String> names) {
    String given = plain(written);
    return names.stream().min(Comparator.comparingInt(name -> distance(given, plain(name))))
        .filter(name -> distance(given, plain(name)) <= Math.max(1, name.length() / 3));
  }

  /** Returns {@code ; did you mean "x"?}, or all names if none is near. */
  static String question(String written, Collection<String> names) {
    return of(written, names).map("; did you mean \"%s\"?"::formatted)
        .orElseGet(() -> names.isEmpty() ? "" : "; there are " + String.join(", ", names));
  }

  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "").replace(" ", "");
  }

  /** Levenshtein distance, by rows. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
