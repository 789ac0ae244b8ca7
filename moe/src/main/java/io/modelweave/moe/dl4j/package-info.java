/**
 * Routing over the dense layers of DL4J networks: {@link io.modelweave.moe.dl4j.CrossLayerMoe}.
 *
 * <p>The only package of this module that needs {@code deeplearning4j-nn} on the class path.
 */
@NullMarked
package io.modelweave.moe.dl4j;

import org.jspecify.annotations.NullMarked;
