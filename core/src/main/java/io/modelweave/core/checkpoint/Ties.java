package io.modelweave.core.checkpoint;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The tied names of a file, and the metadata without them.
 *
 * <p>The convention is that of {@code safetensors.torch.save_model}: of tensors that share memory one is stored, and the metadata have
 * the name of each other one with the name of the stored one as its value.
 */
record Ties(Map<String, String> nameOfAlias, Map<String, String> metadata) {

  static Ties of(Map<String, String> metadata, Set<String> stored) {
    Map<String, String> ties = new LinkedHashMap<>();
    Map<String, String> rest = new LinkedHashMap<>();
    metadata.forEach((key, value) -> {
      boolean tie = allows(key) && !stored.contains(key) && stored.contains(value);
      (tie ? ties : rest).put(key, value);
    });
    return new Ties(Collections.unmodifiableMap(ties), Collections.unmodifiableMap(rest));
  }

  /** Returns the name under which a tensor is stored: the name itself unless it is an alias. */
  String stored(String name) {
    return nameOfAlias.getOrDefault(name, name);
  }

  /** Returns the stored names and then the aliases. */
  List<String> namesWith(Collection<String> stored) {
    return Stream.concat(stored.stream(), nameOfAlias.keySet().stream()).toList();
  }

  /** Returns whether a name can be an alias; names of the metadata that mean something else cannot. */
  static boolean allows(String alias) {
    return !alias.equals("format") && !alias.startsWith("modelweave.") && !alias.equals(SafetensorsHeader.METADATA);
  }
}
