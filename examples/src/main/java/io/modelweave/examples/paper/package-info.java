/**
 * The experiments of the paper, scaled to what a laptop does in minutes: pretrain, specialise, merge over time, measure CKA, route.
 *
 * <p>{@link io.modelweave.examples.paper.PaperCommand} reads the request, {@code Experiment} does the work, {@code PaperReport} writes
 * it down. Source: Pari, Jelassi and Agrawal, 2024, arXiv 2411.02207.
 */
@NullMarked
package io.modelweave.examples.paper;

import org.jspecify.annotations.NullMarked;
