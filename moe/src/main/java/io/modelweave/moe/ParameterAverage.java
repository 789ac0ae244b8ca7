package io.modelweave.moe;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.transformer.Mlp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Averages the parameters of each block's experts into one MLP; sums in DOUBLE. */
final class ParameterAverage {

  private ParameterAverage() {}

  /**
   * Returns the host with averaged MLPs.
   *
   * @param weights of the experts of a block, in their order; divided by their sum
   */
  static Combination of(String name, RoutedModel routed, IntFunction<List<Double>> weights) {
    requireAlike(routed);
    LanguageModel host = routed.models().get(0);
    List<Mlp> averages = new ArrayList<>();
    for (RoutedFeedForward block : routed.blocks()) {
      averages.add(average(host, block, weights.apply(block.layer())));
    }
    LanguageModel averaged = host.withFeedForwards(averages);
    return new ModelCombination(name, averaged, new ParameterCounts(averaged.parameterCount(), averaged.parameterCount(), 0));
  }

  private static void requireAlike(RoutedModel routed) {
    List<String> problems = new ArrayList<>();
    for (RoutedFeedForward block : routed.blocks()) {
      Mlp own = (Mlp) routed.models().get(0).feedForward(block.layer());
      for (Expert expert : block.experts()) {
        if (!shapes(expert.mlp()).equals(shapes(own)) || expert.mlp().getClass() != own.getClass()) {
          problems.add("block %d: the parameters of \"%s\" %s are not those of \"%s\" %s"
              .formatted(block.layer(), expert.mlp().name(), shapes(expert.mlp()), own.name(), shapes(own)));
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new ModelMismatchException("parameters of these experts cannot be averaged", problems);
    }
  }

  private static List<String> shapes(Mlp mlp) {
    return mlp.parameters().values().stream().map(array -> Arrays.toString(array.shape())).toList();
  }

  private static Mlp average(LanguageModel host, RoutedFeedForward block, List<Double> weights) {
    double total = weights.stream().mapToDouble(Double::doubleValue).sum();
    Mlp own = (Mlp) host.feedForward(block.layer());
    List<List<INDArray>> arrays = block.experts().stream().map(expert -> List.copyOf(expert.mlp().parameters().values())).toList();
    Map<String, INDArray> averaged = new LinkedHashMap<>();
    int index = 0;
    for (String name : own.parameters().keySet()) {
      try (INDArray sum = Nd4j.zeros(DataType.DOUBLE, arrays.get(0).get(index).shape())) {
        for (int e = 0; e < arrays.size(); e++) {
          try (INDArray term = arrays.get(e).get(index).castTo(DataType.DOUBLE)) {
            sum.addi(term.muli(weights.get(e) / total));
          }
        }
        averaged.put(name, sum.castTo(DataType.FLOAT));
      }
      index++;
    }
    return host.configuration().feedForward(block.layer(), averaged);
  }
}
