package io.modelweave.core.training;

/** Hears of every step of training, on the training thread; a listener that keeps a snapshot copies the model. */
@FunctionalInterface
public interface TrainingListener {

  /** Called after each update. */
  void onStep(TrainingStep step);
}
