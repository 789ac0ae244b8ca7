package io.modelweave.examples.paper.lab;

/**
 * A pair of specialists and how they come from the base.
 *
 * @param name of the folder of their snapshots
 * @param steps of fine-tuning
 * @param mixed whether each update also reads as many windows of pretraining text
 */
public record Lineage(String name, int steps, boolean mixed) {}
