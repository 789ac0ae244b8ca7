/**
 * mergekit's YAML recipes, read strictly and planned for the engine.
 *
 * <p>{@link io.modelweave.merge.recipe.Recipe} is what a file says; {@link io.modelweave.merge.recipe.RecipePlan} is that with the models
 * it names: one job for each tensor of the output, the output's {@code config.json} and tokenizer files. Nothing here needs a tensor
 * backend.
 */
@NullMarked
package io.modelweave.merge.recipe;

import org.jspecify.annotations.NullMarked;
