package io.modelweave.moe;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;

/** A combination that is a language model of its own. */
record ModelCombination(String name, LanguageModel model, ParameterCounts parameterCounts) implements Combination {

  @Override
  public double loss(Iterable<TokenBatch> batches) {
    return model.loss(batches);
  }
}
