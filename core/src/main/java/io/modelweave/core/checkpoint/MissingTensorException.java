package io.modelweave.core.checkpoint;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** A checkpoint has no tensor of the name asked for; the message has the names that come closest. */
public final class MissingTensorException extends IllegalArgumentException {

  private static final int SUGGESTIONS = 3;

  /**
   * Creates an exception.
   *
   * @param source where the tensors come from
   * @param name the name that was asked for
   * @param names the names there are
   */
  public MissingTensorException(String source, String name, Collection<String> names) {
    super("no tensor \"%s\" in %s%s".formatted(name, source, names.isEmpty() ? ", which is empty" : suggestions(name, names)));
  }

  private static String suggestions(String name, Collection<String> names) {
    List<String> nearest = new ArrayList<>(names);
    nearest.sort(Comparator.comparingInt(candidate -> distance(name.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT))));
    List<String> first = nearest.stream().limit(SUGGESTIONS).map(candidate -> '"' + candidate + '"').toList();
    return "; the nearest of its %d names: %s".formatted(names.size(), String.join(", ", first));
  }

  /** Levenshtein distance, where what only one of the two names begins with (a prefix such as "model.") costs one. */
  private static int distance(String a, String b) {
    if (a.endsWith(b) || b.endsWith(a)) {
      return a.equals(b) ? 0 : 1;
    }
    int[] previous = new int[b.length() + 1];
    int[] current = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
      }
      int[] swap = previous;
      previous = current;
      current = swap;
    }
    return previous[b.length()];
  }
}
