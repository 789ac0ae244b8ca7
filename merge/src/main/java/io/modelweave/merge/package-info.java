/**
 * Combining models of one architecture into one.
 *
 * <p>{@link io.modelweave.merge.Merger} interpolates weights: of arrays, checkpoints, DL4J networks and SameDiff graphs.
 */
@NullMarked
package io.modelweave.merge;

import org.jspecify.annotations.NullMarked;
