package io.modelweave.core.transformer;

import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The MLP of one GPT-2 block, {@code y = gelu(u W1 + b1) W2 + b2}, with weights stored {@code [in, out]}.
 *
 * @param name prefix of the parameter names, for instance {@code transformer.h.3.mlp}
 * @param inWeight {@code W1 [d, f]}
 * @param inBias {@code b1 [f]}
 * @param outWeight {@code W2 [f, d]}
 * @param outBias {@code b2 [d]}
 * @param activation the non-linearity
 */
public record Gpt2Mlp(String name, INDArray inWeight, INDArray inBias, INDArray outWeight, INDArray outBias, Gelu activation)
    implements Mlp {

  static Gpt2Mlp of(Map<String, INDArray> weights, String name, Gelu activation) {
    return new Gpt2Mlp(name, weights.get(name + ".c_fc.weight"), weights.get(name + ".c_fc.bias"), weights.get(name + ".c_proj.weight"),
        weights.get(name + ".c_proj.bias"), activation);
  }

  @Override
  public long width() {
    return inWeight.size(0);
  }

  @Override
  public Gpt2Mlp named(String newName) {
    return new Gpt2Mlp(newName, inWeight, inBias, outWeight, outBias, activation);
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
