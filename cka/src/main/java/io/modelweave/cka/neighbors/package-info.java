/**
 * Measures made of who is near whom: how many of the nearest neighbours of a sample are the same on both sides?
 *
 * <p>{@link io.modelweave.cka.neighbors.Neighborhoods} compares the lists of neighbours,
 * {@link io.modelweave.cka.neighbors.NearestNeighborAlignment} the inner products with those that are shared, and
 * {@link io.modelweave.cka.neighbors.IntrinsicDistance} the shapes of the graphs that the lists form. A
 * {@link io.modelweave.cka.neighbors.Proximity} says what near means.
 */
@NullMarked
package io.modelweave.cka.neighbors;

import org.jspecify.annotations.NullMarked;
