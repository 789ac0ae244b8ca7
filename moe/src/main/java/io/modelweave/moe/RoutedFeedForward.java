package io.modelweave.moe;

import io.modelweave.core.FeedForward;
import io.modelweave.core.transformer.BlockGraph;
import io.modelweave.core.transformer.Mlp;
import io.modelweave.moe.sparse.SparseMixture;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A router over experts in the MLP slot of one block: {@code y = sum over the chosen e of g_e MLP_e(u)}.
 *
 * <p>Where all experts are frozen, each computes the tokens it is chosen for and no others ({@link SparseMixture}); else every expert
 * computes every token in operations of the graph, which find its gradients too.
 *
 * @param load counts how often each expert was chosen in training
 */
record RoutedFeedForward(int layer, Router router, List<Expert> experts, LoadCounter load) implements FeedForward {

  @Override
  public SDVariable build(BlockGraph graph, SDVariable input) {
    graph.publish("block.%d.router.input".formatted(layer), input);
    SDVariable gates = router.gates(graph, input);
    return experts.stream().allMatch(expert -> isFrozen(graph, expert)) ? mixture(graph, input, gates) : composed(graph, input, gates);
  }

  private static boolean isFrozen(BlockGraph graph, Expert expert) {
    return SparseMixture.supports(expert.mlp()) && expert.mlp().parameters().keySet().stream().noneMatch(graph::isTrainable);
  }

  private SDVariable mixture(BlockGraph graph, SDVariable input, SDVariable gates) {
    String name = "block " + layer;
    List<Mlp> mlps = experts.stream().map(Expert::mlp).toList();
    SparseMixture mixture = graph.isTraining()
        ? SparseMixture.forTraining(name, mlps, topK(), graph.hasGradient(input), load::add) : SparseMixture.of(name, mlps, topK());
    long width = mlps.get(0).width();
    return graph.apply("mixture." + layer, mixture, graph.sameDiff().concat(1, input, gates), width + experts.size(), width);
  }

  private SDVariable composed(BlockGraph graph, SDVariable input, SDVariable gates) {
    SameDiff sd = graph.sameDiff();
    SDVariable output = null;
    for (int e = 0; e < experts.size(); e++) {
      SDVariable gate = sd.slice(gates, new int[] {0, e}, -1, 1); // [N, 1]
      SDVariable share = experts.get(e).mlp().build(graph, input).mul(graph.acrossColumns(gate)); // [N, d]
      output = output == null ? share : output.add(share);
    }
    return output;
  }

  int topK() {
    return router.options().topK();
  }

  @Override
  public Map<String, INDArray> parameters() {
    Map<String, INDArray> all = new LinkedHashMap<>(router.parameters());
    experts.forEach(expert -> all.putAll(expert.mlp().parameters()));
    return all;
  }
}
