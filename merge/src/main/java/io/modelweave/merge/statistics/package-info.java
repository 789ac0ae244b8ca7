/**
 * Merging with the help of data: how much each parameter matters, and what goes into each linear layer.
 *
 * <p>{@link io.modelweave.merge.statistics.FisherInformation} is the exact diagonal of the Fisher matrix, the weight of
 * {@link io.modelweave.merge.statistics.FisherMerge}; {@link io.modelweave.merge.statistics.GramMatrices} are the second moments of the
 * inputs of linear layers, which {@link io.modelweave.merge.statistics.RegMean} solves for the merged weights.
 */
@NullMarked
package io.modelweave.merge.statistics;

import org.jspecify.annotations.NullMarked;
