package io.modelweave.cka;

/**
 * The most similar pair of layers of a map, judged as the maximum that it is: the best of many pairs is high by selection alone.
 *
 * <p>The null distribution is of the largest debiased value of the whole map when the samples of b are put in random order, the same for
 * all layers, so that pairs stay as dependent as they are.
 *
 * @param best the pair with the largest debiased value; the first of equals
 * @param pValue {@code (1 + number of random orders whose maximum is at least that of best)/(permutations + 1)}; below 0.05, the two
 *     models have something in common
 * @param nullMean the mean of the maximum over the random orders
 * @param nullUpper its 95 % quantile
 * @param permutations the number of random orders
 * @param seed they were drawn with
 */
public record MaximumTest(LayerMatch best, double pValue, double nullMean, double nullUpper, int permutations, long seed) {}
