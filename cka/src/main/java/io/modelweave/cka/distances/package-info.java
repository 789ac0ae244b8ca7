/**
 * Measures made of the distances between the samples of one side: do both sides find the same pairs far apart?
 *
 * <p>{@link io.modelweave.cka.distances.Rsa} correlates the two lists of distances,
 * {@link io.modelweave.cka.distances.DistanceCorrelation} centres them first, which makes it 0 for independent sides only. All
 * hold the distances of the {@code n(n-1)/2} pairs of each side.
 */
@NullMarked
package io.modelweave.cka.distances;

import org.jspecify.annotations.NullMarked;
