/**
 * Checkpoint files and what is in them.
 *
 * <p>Most code needs only {@link io.modelweave.core.Checkpoint}. Here are the types that it speaks of: {@link
 * io.modelweave.core.checkpoint.TensorInfo} and {@link io.modelweave.core.checkpoint.ElementType} describe a tensor before it is read,
 * {@link io.modelweave.core.checkpoint.CheckpointFormatException} and {@link io.modelweave.core.checkpoint.MissingTensorException} say
 * what is wrong with a file or a name, and {@link io.modelweave.core.checkpoint.TensorBytes} moves bits between arrays and buffers.
 *
 * <p>{@link io.modelweave.core.checkpoint.CheckpointWriter} writes models that are larger than memory, piece by piece and in shards;
 * {@link io.modelweave.core.checkpoint.NonFiniteValues} finds NaN and infinity.
 */
@NullMarked
package io.modelweave.core.checkpoint;

import org.jspecify.annotations.NullMarked;
