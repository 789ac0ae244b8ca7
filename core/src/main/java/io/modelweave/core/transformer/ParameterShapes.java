package io.modelweave.core.transformer;

import java.util.LinkedHashMap;
import java.util.Map;

/** Parameter names with their shapes, in the order they were put. */
final class ParameterShapes {

  private final Map<String, long[]> shapes = new LinkedHashMap<>();

  void put(String name, long... shape) {
    shapes.put(name, shape);
  }

  /** Puts gain and bias of a layer norm. */
  void putNorm(String name, long width) {
    put(name + ".weight", width);
    put(name + ".bias", width);
  }

  /** Puts a map in PyTorch's layout. */
  void putLinear(String name, long in, long out, boolean bias) {
    put(name + ".weight", out, in);
    if (bias) {
      put(name + ".bias", out);
    }
  }

  /** Puts a map with a bias whose matrix is stored {@code [in, out]}, as GPT-2's are. */
  void putTransposed(String name, long in, long out) {
    put(name + ".weight", in, out);
    put(name + ".bias", out);
  }

  Map<String, long[]> byName() {
    return shapes;
  }
}
