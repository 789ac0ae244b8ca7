/** SameDiff graphs as checkpoints: {@link io.modelweave.core.samediff.GraphWeights}. */
@NullMarked
package io.modelweave.core.samediff;

import org.jspecify.annotations.NullMarked;
