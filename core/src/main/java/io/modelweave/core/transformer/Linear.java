package io.modelweave.core.transformer;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An affine map in PyTorch's layout, {@code y = x W^T + b}.
 *
 * @param weight {@code W [out, in]}
 * @param bias {@code b [out]}, or null for none
 */
public record Linear(INDArray weight, @Nullable INDArray bias) {

  /** Returns the map whose arrays are {@code <name>.weight} and, if there is one, {@code <name>.bias}. */
  static Linear of(Map<String, INDArray> weights, String name) {
    return new Linear(weights.get(name + ".weight"), weights.get(name + ".bias"));
  }

  /** Adds the operations for {@code x [N, in]} and returns {@code [N, out]}. */
  SDVariable build(BlockGraph graph, String name, SDVariable x) {
    SDVariable product = graph.sameDiff().mmul(x, graph.parameter(name + ".weight", weight), false, true, false);
    return bias == null ? product : product.add(graph.parameter(name + ".bias", bias));
  }

  Map<String, INDArray> parameters(String name) {
    Map<String, INDArray> byName = new LinkedHashMap<>();
    byName.put(name + ".weight", weight);
    if (bias != null) {
      byName.put(name + ".bias", bias);
    }
    return byName;
  }
}
