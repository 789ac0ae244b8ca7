package io.modelweave.core;

/** How the token activations of one sequence, {@code [T, d]}, become rows of {@code [n, d]}. */
public enum Pooling {
  /** Every token is a sample: {@code n = B * T}; ids are {@code sequence:position}. */
  ALL_TOKENS,
  /** The mean over all positions is the sample: {@code n = B}. This is the paper's choice. */
  MEAN,
  /** The last position is the sample: {@code n = B}. */
  LAST
}
