package io.modelweave.examples.paper.lab;

/**
 * All that decides the numbers of a run: runs of the same settings find the same, to the bit.
 *
 * @param scale where the recipe comes from
 * @param seed of generation, initialisation and sampling
 * @param data what the texts are
 * @param dataDigest SHA-256 of all tokens, in hexadecimal
 * @param base what the specialists are fine-tuned from
 * @param recipe sizes and training
 */
public record Settings(String scale, long seed, String data, String dataDigest, String base, Recipe recipe) {}
