package io.modelweave.merge.recipe;

import java.util.List;

/** A recipe says something that cannot be meant: has every such place at once, each with its line and column. */
public final class RecipeException extends IllegalArgumentException {

  private static final int LISTED = 10;

  private final List<String> problems;

  /**
   * Creates an exception.
   *
   * @param source the file, or {@code "recipe"}
   * @param problems one sentence fragment for each, such as {@code "line 3, column 1: unknown key \"parametrs\""}; not empty
   */
  public RecipeException(String source, List<String> problems) {
    super(message(source, problems));
    this.problems = List.copyOf(problems);
  }

  /** Returns all problems, in the order of the file. */
  public List<String> problems() {
    return problems;
  }

  private static String message(String source, List<String> problems) {
    StringBuilder text = new StringBuilder("cannot use ").append(source)
        .append(problems.size() == 1 ? ": 1 problem" : ": %d problems".formatted(problems.size()));
    problems.stream().limit(LISTED).forEach(problem -> text.append("\n  ").append(problem));
    if (problems.size() > LISTED) {
      text.append("\n  and %d more".formatted(problems.size() - LISTED));
    }
    return text.toString();
  }
}
