package io.modelweave.moe;

import io.modelweave.core.FeedForward;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.transformer.BlockGraph;
import io.modelweave.core.transformer.Mlp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@code y = sum_m w_m MLP_m(u)} for fixed weights. */
record WeightedFeedForward(List<Mlp> mlps, List<Double> weights) implements FeedForward {

  static WeightedFeedForward of(List<LanguageModel> models, int layer, double[] weights) {
    List<Mlp> mlps = new ArrayList<>();
    List<Double> list = new ArrayList<>();
    for (int m = 0; m < models.size(); m++) {
      Mlp mlp = (Mlp) models.get(m).feedForward(layer);
      mlps.add(m == 0 ? mlp : mlp.named("experts.%d.%s".formatted(m, mlp.name())));
      list.add(weights[m]);
    }
    return new WeightedFeedForward(mlps, list);
  }

  @Override
  public SDVariable build(BlockGraph graph, SDVariable input) {
    SDVariable sum = mlps.get(0).build(graph, input).mul(weights.get(0));
    for (int m = 1; m < mlps.size(); m++) {
      sum = sum.add(mlps.get(m).build(graph, input).mul(weights.get(m)));
    }
    return sum;
  }

  @Override
  public Map<String, INDArray> parameters() {
    Map<String, INDArray> all = new LinkedHashMap<>();
    mlps.forEach(mlp -> all.putAll(mlp.parameters()));
    return all;
  }
}
