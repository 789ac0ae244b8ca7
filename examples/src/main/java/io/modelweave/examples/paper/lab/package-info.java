/**
 * What the experiments work with: data, the training of base and specialists, measurements, and a journal of all that is done.
 *
 * <p>{@link io.modelweave.examples.paper.lab.Laboratory} ties them together. A stage, a training or a measurement, is written down when it
 * is done and never done twice: a run that was interrupted goes on where it was.
 */
@NullMarked
package io.modelweave.examples.paper.lab;

import org.jspecify.annotations.NullMarked;
