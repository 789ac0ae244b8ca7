/**
 * What a measure is made of.
 *
 * <p>{@link io.modelweave.cka.measure.Measure} turns a formula into a {@link io.modelweave.cka.Similarity}: it checks the two arrays and
 * hands them over as a {@link io.modelweave.cka.measure.FeaturePair}, each side of which gives its features centred, shifted or as they
 * are. All measures of the library but CKA are made so, and yours can be.
 */
@NullMarked
package io.modelweave.cka.measure;

import org.jspecify.annotations.NullMarked;
