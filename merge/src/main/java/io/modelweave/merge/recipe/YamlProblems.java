package io.modelweave.merge.recipe;

import java.util.ArrayList;
import java.util.List;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Collects what is wrong with a recipe, each with line and column. */
final class YamlProblems {

  private final List<String> found = new ArrayList<>();

  void at(Node node, String problem) {
    found.add("%s: %s".formatted(place(node), problem));
  }

  List<String> found() {
    return List.copyOf(found);
  }

  /** Returns the elements of a list that must have some. */
  List<Node> elements(Node node, String what) {
    if (!(node instanceof SequenceNode sequence)) {
      at(node, "%s must be a list (\"- \" lines), but is %s".formatted(what, kind(node)));
      return List.of();
    }
    if (sequence.getValue().isEmpty()) {
      at(node, "%s is an empty list".formatted(what));
    }
    return sequence.getValue();
  }

  static String place(Node node) {
    return node.getStartMark().map(mark -> place(mark.getLine(), mark.getColumn())).orElse("somewhere");
  }

  /** Returns line and column as editors count them, from 1. */
  static String place(int line, int column) {
    return "line %d, column %d".formatted(line + 1, column + 1);
  }

  static boolean isNull(Node node) {
    return node.getTag().equals(Tag.NULL);
  }

  static String kind(Node node) {
    if (node instanceof MappingNode) {
      return "a mapping";
    }
    if (node instanceof SequenceNode) {
      return "a list";
    }
    return isNull(node) || !(node instanceof ScalarNode scalar) ? "empty" : "\"%s\"".formatted(scalar.getValue());
  }
}
