package io.modelweave.moe;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A language model whose blocks route over shared experts, see {@link CrossLayerRouter}. */
public final class RoutedModel {

  private final LanguageModel model;
  private final List<RoutedFeedForward> blocks;

  RoutedModel(LanguageModel model, List<RoutedFeedForward> blocks) {
    this.model = model;
    this.blocks = List.copyOf(blocks);
  }

  /**
   * Returns the whole as a language model: logits, activations, and per block {@code block.<l>.router.probabilities} {@code [B, T, E]}.
   */
  public LanguageModel languageModel() {
    return model;
  }

  /** Returns the logits {@code [B, T, V]}. */
  public INDArray logits(TokenBatch batch) {
    return model.logits(batch);
  }

  /** Returns the mean cross-entropy in nats per token, see {@link LanguageModel#loss}. */
  public double loss(Iterable<TokenBatch> batches) {
    return model.loss(batches);
  }

  /** Returns the router weights {@code [E, d]} of a block: the live array, one row an expert in the order of {@link #experts}. */
  public INDArray router(int layer) {
    return blocks.get(layer).router();
  }

  /** Returns the experts of a block. */
  public List<Expert> experts(int layer) {
    return blocks.get(layer).experts();
  }

  /** Returns the number of parameters that {@link RouterTraining} trains. */
  public long routerParameterCount() {
    return blocks.stream().mapToLong(block -> block.router().length()).sum();
  }

  /**
   * Returns the blocks whose router cannot learn: one expert kept and its probability renormalised to 1, a constant without a gradient.
   */
  List<Integer> blocksWithoutGradient() {
    List<Integer> constant = new ArrayList<>();
    for (RoutedFeedForward block : blocks) {
      if (block.topK() == 1 && block.renormalise()) {
        constant.add(block.layer());
      }
    }
    return constant;
  }
}
