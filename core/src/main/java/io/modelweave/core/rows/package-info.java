/**
 * Arithmetic on the rows of FLOAT matrices in the memory of the host, level 3: what stands between matrix products, where ND4J takes
 * several passes and a transcendental function at 2 ns a number. Loops are such that the compiler makes vector operations of them.
 *
 * <p>{@link io.modelweave.core.rows.HostRows} reads and writes a matrix; {@link io.modelweave.core.rows.Activation},
 * {@link io.modelweave.core.rows.Normalization} and {@link io.modelweave.core.rows.Softmax} are functions with their gradients. They run
 * beside any backend; on a GPU each call would cross the bus, so graphs there are made of ND4J's operations.
 */
@NullMarked
package io.modelweave.core.rows;

import org.jspecify.annotations.NullMarked;
