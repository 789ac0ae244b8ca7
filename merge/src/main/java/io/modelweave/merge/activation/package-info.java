/**
 * Mixing what networks compute rather than what they weigh: several DL4J networks run in lock-step inside one.
 *
 * <p>{@link io.modelweave.merge.activation.NetworkMixture} builds the graph.
 */
@NullMarked
package io.modelweave.merge.activation;

import org.jspecify.annotations.NullMarked;
