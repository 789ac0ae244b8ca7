package io.modelweave.core.training;

/**
 * What one step of training did.
 *
 * @param step from 1, after the update
 * @param steps how many there will be
 * @param loss mean cross-entropy in nats of the step's batches, before the update
 * @param learningRate the rate it used
 * @param gradientNorm Euclidean norm over all trained parameters, before clipping
 */
public record TrainingStep(int step, int steps, double loss, double learningRate, double gradientNorm) {}
