package io.modelweave.moe;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How large a combination of models is. What several blocks share counts once in {@code total} and every time it is passed in
 * {@code active}.
 *
 * @param total parameters in memory, routers included
 * @param active parameters that one token passes at most: everything but the experts, and in each block the {@code k} largest experts
 * @param trained parameters of the routers
 */
public record ParameterCounts(long total, long active, long trained) {

  static ParameterCounts of(RoutedModel routed) {
    Set<String> experts = new HashSet<>(routed.expertNames());
    long active = routed.languageModel().parameters().entrySet().stream().filter(e -> !experts.contains(e.getKey()))
        .mapToLong(e -> e.getValue().length()).sum();
    for (RoutedFeedForward block : routed.blocks()) {
      List<Long> sizes = block.experts().stream()
          .map(expert -> expert.mlp().parameters().values().stream().mapToLong(INDArray::length).sum())
          .sorted((a, b) -> Long.compare(b, a)).toList();
      active += sizes.stream().limit(block.topK()).mapToLong(Long::longValue).sum();
    }
    long trained = routed.trainedNames().stream().mapToLong(name -> routed.routerParameters().get(name).length()).sum();
    return new ParameterCounts(routed.languageModel().parameterCount(), active, trained);
  }
}
