package io.modelweave.moe;

/** Tensor names and shapes of a mixture in a Hugging Face checkpoint; transformers 5 reads both. */
public enum MixtureLayout {
  /**
   * One tensor for each projection of each expert, as the released models have it:
   * {@code block_sparse_moe.experts.<e>.w1|w2|w3.weight} for Mixtral,
   * {@code mlp.experts.<e>.gate_proj|up_proj|down_proj.weight} for Qwen2-MoE.
   */
  LEGACY,
  /**
   * All experts in two tensors, as transformers 5 saves them: {@code mlp.experts.gate_up_proj [E, 2f, d]} and
   * {@code down_proj [E, d, f]}.
   */
  CURRENT
}
