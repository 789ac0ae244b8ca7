/**
 * The experiments of the paper, from a laptop's minutes to the paper's own scale: pretrain, specialise, merge over time, measure CKA,
 * route.
 *
 * <p>{@link io.modelweave.examples.paper.PaperCommand} reads the request; {@code paper.lab} trains, measures and keeps a journal;
 * {@code paper.experiment} has a class for each question; {@code PaperReport} writes down what they found. Source: Pari, Jelassi and
 * Agrawal, 2024, arXiv 2411.02207.
 */
@NullMarked
package io.modelweave.examples.paper;

import org.jspecify.annotations.NullMarked;
