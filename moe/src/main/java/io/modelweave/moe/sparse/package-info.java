/**
 * Mixtures that compute only the chosen experts: the tokens of each expert are gathered, pass its MLP in matrix products of their own
 * number, and are put back, so that the cost follows {@code k}, not {@code E}, and no token is dropped.
 *
 * <p>{@link io.modelweave.moe.sparse.SparseMixture} is the whole; an {@link io.modelweave.moe.sparse.ExpertKernel} is the arithmetic of one
 * MLP on arrays, forward and backward, with frozen weights.
 */
@NullMarked
package io.modelweave.moe.sparse;

import org.jspecify.annotations.NullMarked;
