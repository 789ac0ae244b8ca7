package io.modelweave.moe;

import io.modelweave.core.transformer.Mlp;

/**
 * One MLP that tokens can be routed to.
 *
 * @param model index of its model in the order given to {@link CrossLayerRouter#over}; 0 is the host
 * @param layer the block it comes from
 * @param mlp its weights, shared with that model
 */
public record Expert(int model, int layer, Mlp mlp) {}
