/**
 * Training: which parameters, with what optimiser and schedule, on which batches.
 *
 * <p>{@link io.modelweave.core.training.Training} changes the parameters of a {@link io.modelweave.core.LanguageModel} in place; what
 * does not match its {@link io.modelweave.core.training.ParameterFilter} stays as it is, bit for bit. The same model, batches and
 * options give the same bits.
 */
@NullMarked
package io.modelweave.core.training;

import org.jspecify.annotations.NullMarked;
