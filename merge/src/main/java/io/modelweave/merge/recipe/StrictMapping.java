package io.modelweave.merge.recipe;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** A mapping of a recipe whose keys are all known; what is not is reported. */
final class StrictMapping {

  private final Node node;
  private final Map<String, Node> values;
  private final YamlProblems problems;

  private StrictMapping(Node node, Map<String, Node> values, YamlProblems problems) {
    this.node = node;
    this.values = values;
    this.problems = problems;
  }

  /**
   * Reads a mapping.
   *
   * @param what it is, for messages
   * @param keys those that it may have
   * @param refused those that mergekit has and this library has not, each with the way out
   */
  static StrictMapping of(Node node, String what, Set<String> keys, Map<String, String> refused, YamlProblems problems) {
    Map<String, Node> values = new LinkedHashMap<>();
    entries(node, what, problems).forEach((key, value) -> {
      if (keys.contains(key.getValue())) {
        values.put(key.getValue(), value);
      } else if (refused.containsKey(key.getValue())) {
        problems.at(key, "%s is not supported: %s".formatted(key.getValue(), refused.get(key.getValue())));
      } else {
        problems.at(key,
            "unknown key \"%s\" of %s%s".formatted(key.getValue(), what, NearestName.question(key.getValue(), new TreeSet<>(keys))));
      }
    });
    return new StrictMapping(node, values, problems);
  }

  /** Returns the keys and values of a mapping, whatever the keys are; reports a key that is no text or that is there twice. */
  static Map<ScalarNode, Node> entries(Node node, String what, YamlProblems problems) {
    Map<ScalarNode, Node> entries = new LinkedHashMap<>();
    if (!(node instanceof MappingNode mapping)) {
      problems.at(node, "%s must be a mapping (\"key: value\" lines), but is %s".formatted(what, YamlProblems.kind(node)));
      return entries;
    }
    Map<String, ScalarNode> first = new LinkedHashMap<>();
    for (NodeTuple entry : mapping.getValue()) {
      if (!(entry.getKeyNode() instanceof ScalarNode key)) {
        problems.at(entry.getKeyNode(), "a key of %s must be text".formatted(what));
      } else if (first.putIfAbsent(key.getValue(), key) != null) {
        problems.at(key, "%s has the key \"%s\" twice".formatted(what, key.getValue()));
      } else {
        entries.put(key, entry.getValueNode());
      }
    }
    return entries;
  }

  /** Returns the value of a key; empty if it is not there or null. */
  Optional<Node> get(String key) {
    return Optional.ofNullable(values.get(key)).filter(value -> !YamlProblems.isNull(value));
  }

  /** Returns the text of a key. */
  Optional<String> text(String key) {
    return get(key).flatMap(value -> {
      if (value instanceof ScalarNode scalar && !scalar.getValue().isBlank()) {
        return Optional.of(scalar.getValue());
      }
      problems.at(value, "%s must be text, but is %s".formatted(key, YamlProblems.kind(value)));
      return Optional.empty();
    });
  }

  /** Returns the text of a key that must be there. */
  Optional<String> requiredText(String key, String what) {
    if (get(key).isEmpty()) {
      problems.at(node, "%s needs %s".formatted(what, key));
    }
    return text(key);
  }

  /** Returns the elements of a key's list; empty if the key is not there. */
  List<Node> list(String key) {
    return get(key).map(value -> problems.elements(value, key)).orElse(List.of());
  }
}
