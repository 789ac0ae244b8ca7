package io.modelweave.core.text;

/**
 * The two parts of a stream, no token in both.
 *
 * @param train the part to train on
 * @param validation the part to measure on
 */
public record TokenSplit(TokenStream train, TokenStream validation) {}
