/**
 * The paper's experiments, one a class: each measures what the journal does not hold yet and says what was found.
 *
 * <p>{@link io.modelweave.examples.paper.experiment.Experiments} lists them. Source: Pari, Jelassi and Agrawal, "Collective Model
 * Intelligence Requires Compatible Specialization", 2024, arXiv 2411.02207, its code's documentation, and the questions of its reviewers.
 */
@NullMarked
package io.modelweave.examples.paper.experiment;

import org.jspecify.annotations.NullMarked;
