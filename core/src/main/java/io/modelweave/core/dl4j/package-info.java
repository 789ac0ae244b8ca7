/**
 * DL4J networks as checkpoints: {@link io.modelweave.core.dl4j.NetworkWeights}.
 *
 * <p>The only package of this module that needs {@code deeplearning4j-nn} on the class path.
 */
@NullMarked
package io.modelweave.core.dl4j;

import org.jspecify.annotations.NullMarked;
