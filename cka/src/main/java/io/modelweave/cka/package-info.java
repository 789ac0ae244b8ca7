/**
 * Tells how alike two layers represent the same samples, with centred kernel alignment (CKA).
 *
 * <p>{@link io.modelweave.cka.Cka#linear()} compares two arrays of activations, or every layer of one model with every layer
 * of another. A {@link io.modelweave.cka.Score} carries the debiased value together with the biased one, the value that
 * chance alone would give, and a standard error, so that a number is never read without its floor. A
 * {@link io.modelweave.cka.CkaMatrix} holds the scores of a whole map and writes itself as PNG, CSV, JSON or Markdown.
 *
 * <p>{@link io.modelweave.cka.Kernel} and {@link io.modelweave.cka.Bandwidth} name the kernels and every convention of the median,
 * {@link io.modelweave.cka.HsicEstimator} the estimates. {@link io.modelweave.cka.CkaAccumulator} takes samples in batches, and
 * {@link io.modelweave.cka.CkaGradient} makes CKA a loss.
 *
 * <p>Everything that compares two arrays is a {@link io.modelweave.cka.Similarity}, CKA among them, and declares what it does not see in
 * its {@link io.modelweave.cka.Traits}. {@link io.modelweave.cka.Similarities} has all of them by name, and a
 * {@link io.modelweave.cka.measure.Measure} makes one of a formula.
 *
 * <p>Sub-packages: {@code kernels} (what {@link io.modelweave.cka.Kernel} makes), {@code products} (products, norms and distances of rows),
 * {@code measure} (what a measure is made of), {@code linear}, {@code distances} and {@code neighbors} (the relatives of CKA),
 * {@code report} (pictures and tables). What is here and not public turns features into Gram tiles, tiles into sums, sums into scores.
 */
@NullMarked
package io.modelweave.cka;

import org.jspecify.annotations.NullMarked;
