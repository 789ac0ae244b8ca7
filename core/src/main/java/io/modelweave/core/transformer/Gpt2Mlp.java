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
  public SDVariable hidden(BlockGraph graph, SDVariable input) {
    SDVariable opening = input.mmul(graph.parameter(name + ".c_fc.weight", inWeight)).add(graph.parameter(name + ".c_fc.bias", inBias));
    return activation.apply(graph, opening, inWeight.size(1)); // [N, f]
  }

  @Override
  public SDVariable output(BlockGraph graph, SDVariable hidden) {
    return hidden.mmul(graph.parameter(name + ".c_proj.weight", outWeight)).add(graph.parameter(name + ".c_proj.bias", outBias)); // [N, d]
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
