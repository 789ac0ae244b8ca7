package io.modelweave.moe;

import io.modelweave.core.text.TokenBatch;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Router rows from what the routers read on prompts of each model; means in DOUBLE. */
final class PromptInitialization {

  private PromptInitialization() {}

  static void run(RoutedModel routed, List<? extends Iterable<TokenBatch>> prompts) {
    int models = routed.models().size();
    if (prompts.size() != models) {
      throw new IllegalArgumentException("%d lists of prompts for %d models; give each model its own".formatted(prompts.size(), models));
    }
    if (routed.options().hiddenUnits() > 0) {
      throw new IllegalStateException("routers with a hidden layer have no row for what they read; use none");
    }
    // Blocks in order: with its routers set, a block shows the next one what it will read in use.
    for (RoutedFeedForward block : routed.blocks()) {
      if (routed.options().shared() && block.layer() > 0) {
        return;
      }
      List<INDArray> means = new ArrayList<>();
      for (int m = 0; m < models; m++) {
        means.add(mean(routed, block.layer(), prompts.get(m), m));
      }
      set(block, means);
    }
  }

  private static INDArray mean(RoutedModel routed, int layer, Iterable<TokenBatch> prompts, int model) {
    String name = "block.%d.router.input".formatted(layer);
    INDArray sum = null;
    long tokens = 0;
    for (TokenBatch batch : prompts) {
      try (INDArray input = routed.languageModel().outputs(batch, List.of(name)).get(name);
          INDArray exact = input.castTo(DataType.DOUBLE)) {
        INDArray part = exact.sum(0, 1);
        sum = sum == null ? part : sum.addi(part);
      }
      tokens += (long) batch.batch() * batch.length();
    }
    if (sum == null) {
      throw new IllegalArgumentException("model %d has no prompts".formatted(model));
    }
    return sum.divi(tokens);
  }

  private static void set(RoutedFeedForward block, List<INDArray> means) {
    INDArray centre = Nd4j.zerosLike(means.get(0));
    means.forEach(mean -> centre.addi(mean.div(means.size())));
    for (int m = 0; m < means.size(); m++) {
      INDArray direction = means.get(m).sub(centre);
      double norm = direction.norm2Number().doubleValue();
      if (!(norm > 1e-6 * means.get(m).norm2Number().doubleValue())) {
        throw new IllegalArgumentException(("block %d reads the same on the prompts of model %d as on those of all;"
            + " give prompts that differ").formatted(block.layer(), m));
      }
      INDArray row = direction.divi(norm).castTo(DataType.FLOAT);
      for (int e = 0; e < block.experts().size(); e++) {
        if (block.experts().get(e).model() == m) {
          block.router().weight().putRow(e, row);
        }
      }
    }
  }
}
