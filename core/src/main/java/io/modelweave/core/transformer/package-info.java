/**
 * Transformers as SameDiff graphs: configuration, weights, and the graph that is compiled from them for one batch shape.
 *
 * <p>A {@link io.modelweave.core.transformer.TransformerConfiguration} says which family a model is of and what shape it has; a decoder
 * per family lays its blocks out, {@link io.modelweave.core.transformer.TransformerGraph} runs them. The MLP of each block is whatever
 * {@link io.modelweave.core.FeedForward} sits in its slot; a {@link io.modelweave.core.transformer.BlockLayer} there replaces its attention
 * or all of it. Everything is {@code [N, d]} with {@code N = B * T}, FLOAT.
 */
@NullMarked
package io.modelweave.core.transformer;

import org.jspecify.annotations.NullMarked;
