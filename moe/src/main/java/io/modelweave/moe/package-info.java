/**
 * Routing across layers: every block of a host model may send its tokens to the MLPs of several models and of several layers.
 *
 * <p>{@link io.modelweave.moe.CrossLayerRouter} builds a {@link io.modelweave.moe.RoutedModel} from two or more models and a
 * {@link io.modelweave.moe.LayerWindow}; {@link io.modelweave.moe.RouterTraining} trains its routers while every expert stays frozen.
 * Experts are shared with the models they come from: no copies.
 */
@NullMarked
package io.modelweave.moe;

import org.jspecify.annotations.NullMarked;
