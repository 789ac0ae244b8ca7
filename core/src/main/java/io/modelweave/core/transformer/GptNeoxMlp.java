package io.modelweave.core.transformer;

import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The MLP of one GPT-NeoX block, {@code y = out(gelu(in(u)))}.
 *
 * @param name prefix of the parameter names, for instance {@code gpt_neox.layers.3.mlp}
 * @param in {@code [f, d]}
 * @param out {@code [d, f]}
 * @param activation the non-linearity
 */
public record GptNeoxMlp(String name, Linear in, Linear out, Gelu activation) implements Mlp {

  static GptNeoxMlp of(Map<String, INDArray> weights, String name, Gelu activation) {
    return new GptNeoxMlp(name, Linear.of(weights, name + ".dense_h_to_4h"), Linear.of(weights, name + ".dense_4h_to_h"), activation);
  }

  @Override
  public long width() {
    return in.weight().size(1);
  }

  @Override
  public GptNeoxMlp named(String newName) {
    return new GptNeoxMlp(newName, in, out, activation);
  }

  @Override
  public SDVariable hidden(BlockGraph graph, SDVariable input) {
    return activation.apply(graph, in.build(graph, name + ".dense_h_to_4h", input), in.weight().size(0)); // [N, f]
  }

  @Override
  public SDVariable output(BlockGraph graph, SDVariable hidden) {
    return out.build(graph, name + ".dense_4h_to_h", hidden); // [N, d]
  }

  @Override
  public Map<String, INDArray> parameters() {
    Map<String, INDArray> byName = new LinkedHashMap<>(in.parameters(name + ".dense_h_to_4h"));
    byName.putAll(out.parameters(name + ".dense_4h_to_h"));
    return byName;
  }
}
