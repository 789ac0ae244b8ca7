/**
 * The kernels that {@link io.modelweave.cka.Kernel} makes.
 *
 * <p>Each is a record of its constants that turns rows of features into a tile of a Gram matrix. Use them through
 * {@link io.modelweave.cka.Kernel}, or as examples for a kernel of your own.
 */
@NullMarked
package io.modelweave.cka.kernels;

import org.jspecify.annotations.NullMarked;
