package io.modelweave.core;

import java.util.List;

/**
 * Two models cannot be combined: says every reason at once.
 *
 * <p>The message lists the first ten problems and then a count; {@link #problems()} has all of them.
 */
public final class ModelMismatchException extends IllegalArgumentException {

  private static final int LISTED = 10;

  private final List<String> problems;

  /**
   * Creates an exception.
   *
   * @param what what could not be done, such as {@code "cannot interpolate a.safetensors and b.safetensors"}
   * @param problems one sentence fragment for each mismatch, such as {@code "\"w\": F32 [2, 3] against F32 [3, 2]"}; not empty
   * @throws IllegalArgumentException if there is no problem
   */
  public ModelMismatchException(String what, List<String> problems) {
    super(message(what, problems));
    this.problems = List.copyOf(problems);
  }

  /** Returns all mismatches, in the order in which they were found. */
  public List<String> problems() {
    return problems;
  }

  private static String message(String what, List<String> problems) {
    if (problems.isEmpty()) {
      throw new IllegalArgumentException("a mismatch needs at least one problem");
    }
    StringBuilder text = new StringBuilder(what).append(problems.size() == 1 ? ": 1 mismatch" : ": %d mismatches".formatted(problems.size()));
    problems.stream().limit(LISTED).forEach(problem -> text.append("\n  ").append(problem));
    if (problems.size() > LISTED) {
      text.append("\n  and %d more".formatted(problems.size() - LISTED));
    }
    return text.toString();
  }
}
