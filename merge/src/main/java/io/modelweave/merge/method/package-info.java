/**
 * What a merge method is, and what methods are built from.
 *
 * <p>A {@link io.modelweave.merge.method.MergeMethod} declares its parameters and does arithmetic on chunks of numbers; reading, threads,
 * writing and reporting belong to the engine. Methods that gather something first do so in {@link io.modelweave.merge.method.Pass passes}:
 * {@link io.modelweave.merge.method.GramMerge} knows all dot products, {@link io.modelweave.merge.method.TopSelection} exact order
 * statistics, {@link io.modelweave.merge.method.CounterRandom} numbers that no order of execution changes.
 */
@NullMarked
package io.modelweave.merge.method;

import org.jspecify.annotations.NullMarked;
