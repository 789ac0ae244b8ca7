package io.modelweave.cka;

/**
 * The sums of a map: of each layer with itself, and of each of a with each of b.
 *
 * @param ofA one for each row
 * @param ofB one for each column; those of the rows within one model
 * @param cross {@code [row][column]}
 */
record SumsTable(PairSums[] ofA, PairSums[] ofB, PairSums[][] cross) {}
