/**
 * Measures made of singular values: what linear maps of the features of one side can and cannot tell about the other.
 *
 * <p>{@link io.modelweave.cka.linear.CanonicalCorrelation} asks how well directions of one side can be predicted from the
 * other, {@link io.modelweave.cka.linear.LinearPrediction} how well the features themselves can, and
 * {@link io.modelweave.cka.linear.Procrustes} how closely a rotation alone brings the two together. All work on centred
 * features with the singular value decomposition, never with its square, the covariance, which has half of the digits.
 */
@NullMarked
package io.modelweave.cka.linear;

import org.jspecify.annotations.NullMarked;
