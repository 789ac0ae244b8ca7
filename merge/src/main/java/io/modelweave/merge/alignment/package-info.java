/**
 * Bringing the units of two models into the same order before their weights are merged.
 *
 * <p>A {@link io.modelweave.merge.alignment.PermutationSpec} says which axes of which tensors must move together;
 * {@link io.modelweave.merge.alignment.WeightMatching} and {@link io.modelweave.merge.alignment.ActivationMatching} find the
 * permutations, an {@link io.modelweave.merge.alignment.Alignment} carries and applies them, and
 * {@link io.modelweave.merge.alignment.FunctionPreservation} shows that the permuted model still computes the same. What is left to
 * repair after averaging, {@link io.modelweave.merge.alignment.Repair} does.
 */
@NullMarked
package io.modelweave.merge.alignment;

import org.jspecify.annotations.NullMarked;
