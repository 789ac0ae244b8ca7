package io.modelweave.examples.paper.experiment;

import io.modelweave.examples.paper.lab.Laboratory;

/** One question to the models. */
@FunctionalInterface
public interface Experiment {

  /** Measures what is not in the journal, and reports. */
  Section run(Laboratory lab);
}
