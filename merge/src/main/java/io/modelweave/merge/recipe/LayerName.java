package io.modelweave.merge.recipe;

import io.modelweave.core.Checkpoint;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a tensor in a stack of layers, such as {@code model.layers.} 3 {@code .mlp.up_proj.weight}. The layer is the first number
 * between dots; what follows may have more, such as those of experts.
 *
 * @param prefix what the stack is called, up to the number
 * @param index of the layer, from 0
 * @param suffix what the tensor is called within the layer
 */
record LayerName(String prefix, int index, String suffix) {

  private static final Pattern NUMBER = Pattern.compile("(?:^|\\.)(\\d{1,6})(?=\\.)");

  /** Returns the parts of a name; empty if it has no layer. */
  static Optional<LayerName> of(String tensor) {
    Matcher matcher = NUMBER.matcher(tensor);
    return matcher.find() ? Optional.of(new LayerName(tensor.substring(0, matcher.start(1)), Integer.parseInt(matcher.group(1)),
        tensor.substring(matcher.end(1)))) : Optional.empty();
  }

  /** Returns the stacks of a model: their prefixes and how many layers each has, counted by its last. */
  static Map<String, Integer> stacks(Checkpoint checkpoint) {
    Map<String, Integer> stacks = new TreeMap<>();
    checkpoint.names().forEach(name -> of(name).ifPresent(layer -> stacks.merge(layer.prefix(), layer.index() + 1, Math::max)));
    return stacks;
  }

  /** Returns the numbers of the layers of a stack. */
  static TreeSet<Integer> indices(Checkpoint checkpoint, String prefix) {
    TreeSet<Integer> indices = new TreeSet<>();
    checkpoint.names().stream().map(LayerName::of).flatMap(Optional::stream).filter(layer -> layer.prefix().equals(prefix))
        .forEach(layer -> indices.add(layer.index()));
    return indices;
  }

  /** Returns the name in another layer. */
  String at(int layer) {
    return prefix + layer + suffix;
  }
}
