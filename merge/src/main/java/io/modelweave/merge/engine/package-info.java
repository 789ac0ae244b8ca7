/**
 * Runs merges: reads tensors chunk by chunk, hands them to a method, writes what comes back.
 *
 * <p>{@link io.modelweave.merge.engine.StreamingMerge} needs memory for a few chunks a thread, whatever the size of the models, and gives
 * the same bytes on any number of threads. It knows nothing of methods but {@link io.modelweave.merge.method.MergeMethod}.
 */
@NullMarked
package io.modelweave.merge.engine;

import org.jspecify.annotations.NullMarked;
