/**
 * Transformers as SameDiff graphs: configuration, weights, and the graph that is compiled from them for one batch shape.
 *
 * <p>{@link io.modelweave.core.transformer.TransformerGraph} lays out the pre-norm decoder of GPT-2; the MLP of each block is whatever
 * {@link io.modelweave.core.FeedForward} sits in its slot. Everything is {@code [N, d]} with {@code N = B * T}, FLOAT.
 */
@NullMarked
package io.modelweave.core.transformer;

import org.jspecify.annotations.NullMarked;
