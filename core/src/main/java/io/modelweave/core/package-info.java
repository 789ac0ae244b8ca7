/**
 * Models, checkpoints and activations: what every other module reads and writes.
 *
 * <p>A {@link io.modelweave.core.Checkpoint} is a set of named tensors, read lazily; a {@link io.modelweave.core.LanguageModel}
 * is a transformer built from one, whose {@link io.modelweave.core.FeedForward} slots other modules refill; an
 * {@link io.modelweave.core.ActivationSource} runs a model and hands out {@link io.modelweave.core.Activations}.
 * The sub-packages hold one idea each: {@code checkpoint} (file formats), {@code transformer} (graphs), {@code training},
 * {@code text} (tokens and windows), {@code dl4j} and {@code samediff} (adapters).
 */
@NullMarked
package io.modelweave.core;

import org.jspecify.annotations.NullMarked;
