package io.modelweave.core.transformer;

import io.modelweave.core.rows.Activation;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The SwiGLU MLP of one Llama, Mistral or Qwen2 block, {@code y = down(silu(gate(u)) * up(u))} with {@code silu(z) = z sigmoid(z)}.
 *
 * <p>Source: Shazeer, "GLU Variants Improve Transformer", 2020, arXiv 2002.05202, equation 6.
 *
 * @param name prefix of the parameter names, for instance {@code model.layers.3.mlp}
 * @param gate {@code [f, d]}
 * @param up {@code [f, d]}
 * @param down {@code [d, f]}
 */
public record GatedMlp(String name, Linear gate, Linear up, Linear down) implements Mlp {

  static GatedMlp of(Map<String, INDArray> weights, String name) {
    return new GatedMlp(name, Linear.of(weights, name + ".gate_proj"), Linear.of(weights, name + ".up_proj"),
        Linear.of(weights, name + ".down_proj"));
  }

  @Override
  public long width() {
    return gate.weight().size(1);
  }

  @Override
  public GatedMlp named(String newName) {
    return new GatedMlp(newName, gate, up, down);
  }

  @Override
  public SDVariable hidden(BlockGraph graph, SDVariable input) {
    SDVariable opening = gate.build(graph, name + ".gate_proj", input); // [N, f]
    SDVariable opened = graph.isOnHost(gate.weight().size(0)) ? graph.apply(Activation.SILU, opening)
        : opening.mul(graph.sameDiff().nn.sigmoid(opening));
    return opened.mul(up.build(graph, name + ".up_proj", input));
  }

  @Override
  public SDVariable output(BlockGraph graph, SDVariable hidden) {
    return down.build(graph, name + ".down_proj", hidden); // [N, d]
  }

  @Override
  public Map<String, INDArray> parameters() {
    Map<String, INDArray> byName = new LinkedHashMap<>(gate.parameters(name + ".gate_proj"));
    byName.putAll(up.parameters(name + ".up_proj"));
    byName.putAll(down.parameters(name + ".down_proj"));
    return byName;
  }
}
