package io.modelweave.merge;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Which tensors a merge is about: those that match a pattern, less those that match another. */
record NameFilter(List<String> only, List<String> except) {

  static final NameFilter ALL = new NameFilter(List.of(), List.of());

  NameFilter {
    only = List.copyOf(only);
    except = List.copyOf(except);
  }

  NameFilter andOnly(String... globs) {
    return new NameFilter(joined(only, globs), except);
  }

  NameFilter andExcept(String... globs) {
    return new NameFilter(only, joined(except, globs));
  }

  boolean selects(String name) {
    boolean wanted = only.isEmpty() || only.stream().anyMatch(glob -> matcher(glob).test(name));
    return wanted && except.stream().noneMatch(glob -> matcher(glob).test(name));
  }

  /** Returns a sentence fragment for each pattern that no name matches. */
  List<String> problems(List<String> names) {
    List<String> problems = new ArrayList<>();
    only.stream().filter(glob -> names.stream().noneMatch(matcher(glob)))
        .forEach(glob -> problems.add("only(\"%s\") matches no tensor".formatted(glob)));
    except.stream().filter(glob -> names.stream().noneMatch(matcher(glob)))
        .forEach(glob -> problems.add("except(\"%s\") matches no tensor".formatted(glob)));
    return problems;
  }

  private static Predicate<String> matcher(String glob) {
    String expression = Pattern.quote(glob).replace("*", "\\E.*\\Q").replace("?", "\\E.\\Q");
    return Pattern.compile(expression).asMatchPredicate();
  }

  private static List<String> joined(List<String> some, String... more) {
    List<String> all = new ArrayList<>(some);
    all.addAll(List.of(more));
    return all;
  }
}
