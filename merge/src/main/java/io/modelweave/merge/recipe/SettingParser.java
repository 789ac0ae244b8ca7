package io.modelweave.merge.recipe;

import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** Reads {@code parameters} for one method: names, bounds, gradients and filters. */
final class SettingParser {

  /** Accepted and without effect: it is about memory in mergekit, and memory here is constant. */
  private static final String INT8_MASK = "int8_mask";

  private static final int DEEPEST = 8;
  private static final CoreSchema SCHEMA = new CoreSchema();

  private final @Nullable MergeMethod method;
  private final YamlProblems problems;

  /** Creates a parser; without a method names and bounds cannot be checked. */
  SettingParser(@Nullable MergeMethod method, YamlProblems problems) {
    this.method = method;
    this.problems = problems;
  }

  /**
   * Reads a mapping from parameter to setting.
   *
   * @param ofModel whether it belongs to one model, where only parameters that each model has have a meaning
   */
  Map<String, Setting> parse(Node node, boolean ofModel) {
    Map<String, Setting> settings = new LinkedHashMap<>();
    if (method == null || YamlProblems.isNull(node)) {
      return settings;
    }
    List<String> names = method.parameters().stream().filter(parameter -> !ofModel || parameter.perModel()).map(Parameter::name).toList();
    StrictMapping.entries(node, "parameters", problems).forEach((key, value) -> {
      String name = key.getValue();
      Optional<Parameter> parameter = method.parameters().stream().filter(candidate -> candidate.name().equals(name)).findFirst();
      if (parameter.isEmpty() && !name.equals(INT8_MASK)) {
        problems.at(key,
            "%s has no parameter \"%s\"%s".formatted(method.name().replace("/mergekit", ""), name, NearestName.question(name, names)));
      } else if (parameter.isPresent() && ofModel && !parameter.get().perModel()) {
        problems.at(key, "%s is one for all models; write it under the parameters of the slice or of the recipe".formatted(name));
      } else if (parameter.isPresent()) {
        setting(value, parameter.get(), 0).ifPresent(setting -> settings.put(name, setting));
      }
    });
    return settings;
  }

  private Optional<Setting> setting(Node node, Parameter parameter, int depth) {
    if (depth > DEEPEST) {
      problems.at(node, "%s is nested more than %d times".formatted(parameter.name(), DEEPEST));
      return Optional.empty();
    }
    if (node instanceof MappingNode) {
      problems.at(node, "%s is a mapping; write a filter as an element of a list: \"- filter: mlp\"".formatted(parameter.name()));
      return Optional.empty();
    }
    if (node instanceof SequenceNode) {
      List<Node> elements = problems.elements(node, parameter.name());
      boolean filtered = elements.stream().anyMatch(MappingNode.class::isInstance);
      return filtered ? filtered(elements, parameter, depth) : gradient(elements, parameter);
    }
    return number(node, parameter).map(Setting.Constant::new);
  }

  private Optional<Setting> gradient(List<Node> elements, Parameter parameter) {
    List<Double> values = elements.stream().map(element -> number(element, parameter)).flatMap(Optional::stream).toList();
    boolean sound = !values.isEmpty() && values.size() == elements.size();
    return sound ? Optional.of(new Setting.Gradient(values, parameter.kind() == Parameter.Kind.FLAG)) : Optional.empty();
  }

  private Optional<Setting> filtered(List<Node> elements, Parameter parameter, int depth) {
    List<Setting.Case> cases = new ArrayList<>();
    for (Node element : elements) {
      if (!(element instanceof MappingNode)) {
        problems.at(element,
            "%s mixes filters and values; give the last value a line of its own: \"- value: 0.5\"".formatted(parameter.name()));
        continue;
      }
      StrictMapping entry = StrictMapping.of(element, "a filter of " + parameter.name(), Set.of("filter", "value"), Map.of(), problems);
      String filter = entry.text("filter").orElse(null);
      Optional<Node> value = entry.get("value");
      if (value.isEmpty()) {
        problems.at(element, "a filter of %s needs value".formatted(parameter.name()));
      }
      value.flatMap(node -> setting(node, parameter, depth + 1)).ifPresent(setting -> cases.add(new Setting.Case(filter, setting)));
    }
    return cases.isEmpty() ? Optional.empty() : Optional.of(new Setting.Filtered(List.copyOf(cases)));
  }

  private Optional<Double> number(Node node, Parameter parameter) {
    boolean flag = parameter.kind() == Parameter.Kind.FLAG;
    Object value = node instanceof ScalarNode && Set.of(Tag.INT, Tag.FLOAT, Tag.BOOL).contains(node.getTag())
        ? SCHEMA.getSchemaTagConstructors().get(node.getTag()).construct(node) : null;
    if (value instanceof Boolean on && flag) {
      return Optional.of(on ? 1.0 : 0.0);
    }
    if (!(value instanceof Number number)) {
      problems.at(node,
          "%s must be %s, but is %s".formatted(parameter.name(), flag ? "true or false" : "a number", YamlProblems.kind(node)));
      return Optional.empty();
    }
    Optional<String> problem = parameter.problemWith(number.doubleValue());
    problem.ifPresent(text -> problems.at(node, text));
    return problem.isPresent() ? Optional.empty() : Optional.of(number.doubleValue());
  }
}
