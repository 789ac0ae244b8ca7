package io.modelweave.cka;

/**
 * The layer of b that is most similar to a layer of a.
 *
 * @param layerA the layer of a
 * @param layerB the layer of b with the largest debiased value; the first of equals
 * @param score their similarity
 */
public record LayerMatch(String layerA, String layerB, Score score) {}
