package io.modelweave.core.transformer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The fields of a {@code config.json}, read one by one while what is wrong with them is collected. A field that is wrong or missing yields
 * a stand-in, so that reading can go on; {@link #requireNoProblems} must be passed before the values are used. A null counts as missing.
 */
final class ConfigurationFields {

  private final JsonNode json;
  private final String path;
  private final Set<String> problems;
  private final List<String> unusable;

  ConfigurationFields(JsonNode json) {
    this(json, "", new LinkedHashSet<>(), new ArrayList<>());
  }

  private ConfigurationFields(JsonNode json, String path, Set<String> problems, List<String> unusable) {
    this.json = json;
    this.path = path;
    this.problems = problems;
    this.unusable = unusable;
  }

  /** Returns the fields of a nested object, none if there is no such object; problems are collected here. */
  ConfigurationFields within(String field) {
    JsonNode nested = json.path(field);
    if (has(field) && !nested.isObject()) {
      wrong(field, "must be an object");
    }
    return new ConfigurationFields(nested.isObject() ? nested : MissingNode.getInstance(), path + field + ".", problems, unusable);
  }

  boolean has(String field) {
    return json.hasNonNull(field);
  }

  /** Returns whether the field is there, be it null. */
  boolean mentions(String field) {
    return json.has(field);
  }

  /** Returns a positive integer that must be there. */
  int count(String field) {
    if (!has(field)) {
      unusable.add(field);
      refuse("%s%s is missing".formatted(path, field));
      return 1;
    }
    return count(field, 1);
  }

  int count(String field, int fallback) {
    return has(field) && !(json.get(field).isIntegralNumber() && json.get(field).canConvertToInt() && json.get(field).asInt() > 0)
        ? wrong(field, "must be a positive integer", fallback) : json.path(field).asInt(fallback);
  }

  /** Returns a positive number that must be there. */
  double positive(String field) {
    if (!has(field)) {
      unusable.add(field);
      refuse("%s%s is missing".formatted(path, field));
      return 1;
    }
    return positive(field, 1);
  }

  double positive(String field, double fallback) {
    return has(field) && !(json.get(field).isNumber() && json.get(field).asDouble() > 0)
        ? wrong(field, "must be a positive number", fallback) : json.path(field).asDouble(fallback);
  }

  boolean flag(String field, boolean fallback) {
    return has(field) && !json.get(field).isBoolean()
        ? wrong(field, "must be true or false", fallback) : json.path(field).asBoolean(fallback);
  }

  String text(String field, String fallback) {
    return has(field) && !json.get(field).isTextual() ? wrong(field, "must be a string", fallback) : json.path(field).asText(fallback);
  }

  List<String> texts(String field) {
    List<String> texts = new ArrayList<>();
    json.path(field).forEach(element -> texts.add(element.asText()));
    return texts;
  }

  /** Returns the activation function that a field names. */
  Gelu gelu(String field, String fallback) {
    String name = text(field, fallback);
    try {
      return Gelu.named(name);
    } catch (IllegalArgumentException e) {
      refuse(e.getMessage().replace("activation_function", field));
      return Gelu.EXACT;
    }
  }

  /** Collects a problem if a setting that this library does not compute has any value but the one that it does. */
  void requireFlag(String field, boolean supported) {
    if (flag(field, supported) != supported) {
      refuse("%s%s = %s is not supported".formatted(path, field, !supported));
    }
  }

  /** Collects a problem if one count is not a multiple of another and both were usable. */
  void requireMultiple(String field, int value, String divisorField, int divisor) {
    if (!unusable.contains(field) && !unusable.contains(divisorField) && value % divisor != 0) {
      refuse("%s %d is not a multiple of %s %d".formatted(field, value, divisorField, divisor));
    }
  }

  void refuse(String problem) {
    problems.add(problem);
  }

  /** Throws what was collected, all of it. */
  void requireNoProblems() {
    if (!problems.isEmpty()) {
      throw problems();
    }
  }

  IllegalArgumentException problems() {
    return new IllegalArgumentException(String.join("; ", problems));
  }

  private void wrong(String field, String rule) {
    unusable.add(field);
    refuse("%s%s is %s, %s".formatted(path, field, json.get(field), rule));
  }

  private <T> T wrong(String field, String rule, T standIn) {
    wrong(field, rule);
    return standIn;
  }
}
