package io.modelweave.core.transformer;

import io.modelweave.core.FeedForward;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The MLP of one GPT-2 block, {@code y = gelu(u W1 + b1) W2 + b2}, referring to its model's live arrays.
 *
 * @param name prefix of the parameter names, for instance {@code transformer.h.3.mlp}
 * @param inWeight {@code W1 [d, f]}
 * @param inBias {@code b1 [f]}
 * @param outWeight {@code W2 [f, d]}
 * @param outBias {@code b2 [d]}
 * @param activation the non-linearity
 */
public record Mlp(String name, INDArray inWeight, INDArray inBias, INDArray outWeight, INDArray outBias, Gelu activation)
    implements FeedForward {

  /** Returns {@code d}, the width of input and output. */
  public long width() {
    return inWeight.size(0);
  }

  /** Returns the same weights, not copied, under another name: an expert of another model needs one that does not clash. */
  public Mlp named(String newName) {
    return new Mlp(newName, inWeight, inBias, outWeight, outBias, activation);
  }

  @Override
  public SDVariable build(BlockGraph graph, SDVariable input) {
    Map<String, INDArray> own = parameters();
    SDVariable[] p = own.entrySet().stream().map(e -> graph.parameter(e.getKey(), e.getValue())).toArray(SDVariable[]::new);
    SDVariable hidden = input.mmul(p[0]).add(p[1]); // [N, f]
    return activation.apply(graph.sameDiff(), hidden).mmul(p[2]).add(p[3]); // [N, d]
  }

  @Override
  public Map<String, INDArray> parameters() {
    Map<String, INDArray> byName = new LinkedHashMap<>();
    byName.put(name + ".c_fc.weight", inWeight);
    byName.put(name + ".c_fc.bias", inBias);
    byName.put(name + ".c_proj.weight", outWeight);
    byName.put(name + ".c_proj.bias", outBias);
    return byName;
  }
}
