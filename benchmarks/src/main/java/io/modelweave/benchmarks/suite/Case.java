package io.modelweave.benchmarks.suite;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * One thing that is measured: a method of a benchmark and its parameters, written {@code method key=value ...}. The order of the parameters
 * says nothing.
 */
record Case(String method, Map<String, String> parameters) {

  Case {
    parameters = Collections.unmodifiableMap(new TreeMap<>(parameters));
  }

  /**
   * Reads what {@link #toString} writes.
   *
   * @throws IllegalArgumentException if a word after the first has no {@code =}
   */
  static Case parse(String text) {
    String[] words = text.strip().split("\\s+");
    Map<String, String> parameters = new TreeMap<>();
    for (int i = 1; i < words.length; i++) {
      int equals = words[i].indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException("\"%s\" is no case: \"%s\" is not of the form key=value".formatted(text, words[i]));
      }
      parameters.put(words[i].substring(0, equals), words[i].substring(equals + 1));
    }
    return new Case(words[0], parameters);
  }

  /** Returns a parameter, or nothing a cost model knows if there is none. */
  String text(String parameter) {
    return parameters.getOrDefault(parameter, "");
  }

  /** Returns a parameter as a number. */
  double number(String parameter) {
    return Double.parseDouble(text(parameter));
  }

  @Override
  public String toString() {
    return method + parameters.entrySet().stream().map(e -> " " + e.getKey() + "=" + e.getValue()).collect(Collectors.joining());
  }
}
