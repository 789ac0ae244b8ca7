/**
 * Products, norms and distances of the rows of arrays: what kernels and measures are made of.
 *
 * <p>{@link io.modelweave.cka.products.RowProducts} picks the fastest way of the backend, which for CPU is the symmetric half of OpenBLAS;
 * {@link io.modelweave.cka.products.Distances} and {@link io.modelweave.cka.products.RowNorms} build on it and sum in DOUBLE.
 */
@NullMarked
package io.modelweave.cka.products;

import org.jspecify.annotations.NullMarked;
