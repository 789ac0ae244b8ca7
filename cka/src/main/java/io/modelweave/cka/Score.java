package io.modelweave.cka;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One similarity with what is needed to judge it: its biased twin, what chance gives, and its uncertainty.
 *
 * @param value CKA by {@code estimator}; NaN where that is undefined
 * @param debiased CKA with the HSIC of Song et al. 2012, eq. 5, at most 1 and about 0 for unrelated features, sometimes below; NaN unless
 *     the status is {@code OK}. Source: Nguyen et al. 2021
 * @param biased CKA with the HSIC of Gretton et al. 2005, as in Kornblith et al. 2019, in [0, 1]; near 1 for any features when
 *     {@code n} is much smaller than their widths
 * @param lange CKA with the HSIC of Lange et al. 2023: with the linear kernel, the adjusted RV coefficient
 * @param nullFloor the mean of {@code biased} over all {@code n!} ways to pair the samples, in closed form:
 *     {@code √(PR_X PR_Y)/(n-1)}
 * @param permutationSd the standard deviation of {@code biased} over those pairings, in closed form. Source: Kazi-Aoual et al. 1995
 * @param z {@code (biased - nullFloor)/permutationSd}: how far the observed pairing is from chance; about 2 or less is none
 * @param standardError the jackknife standard error of {@code value} over samples, see {@link Cka#exactStandardError()}; NaN, with a
 *     warning, for {@code n = 4} and where the value is undefined without one of the samples
 * @param participationRatioX {@code (tr HKH)²/‖HKH‖²} of x, the number of directions its samples fill, in {@code [1, n-1]}
 * @param participationRatioY the same of y
 * @param n the number of samples
 * @param p the width of x
 * @param q the width of y
 * @param estimator the one of {@code value}
 * @param kernel the name of the kernel, with its constants and its rule for the bandwidth
 * @param bandwidthX {@code σ} of the kernel for x, in units of the features; NaN if it has none
 * @param bandwidthY {@code σ} of the kernel for y
 * @param status whether the debiased value is defined
 * @param warnings sentences about what makes this score hard to read; empty if nothing does
 */
public record Score(
    double value, double debiased, double biased, double lange, double nullFloor, double permutationSd, double z, double standardError,
    double participationRatioX, double participationRatioY, int n, int p, int q, HsicEstimator estimator, String kernel,
    double bandwidthX, double bandwidthY, Status status, List<String> warnings) implements Comparison {

  /** The estimate of Song et al. divides by {@code n - 3}. */
  static final int FEWEST_SAMPLES = 4;

  /** Whether a score has a value. */
  public enum Status {
    /** All is defined, but for what a warning names. */
    OK,
    /** A side is constant over the samples, or its kernel is: all numbers are NaN but the participation ratio of a side that is not. */
    DEGENERATE,
    /**
     * The debiased HSIC of a side with itself is 0, as of equidistant samples or by a tiny bandwidth: {@code debiased} is NaN, {@code biased}
     * is not.
     */
    DEBIASED_UNDEFINED
  }

  /** Copies the warnings. */
  public Score {
    warnings = List.copyOf(warnings);
  }

  /** Returns the numbers and the status by the names of their accessors, in the order in which files hold them. */
  public Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("value", value);
    fields.put("debiased", debiased);
    fields.put("biased", biased);
    fields.put("lange", lange);
    fields.put("nullFloor", nullFloor);
    fields.put("permutationSd", permutationSd);
    fields.put("z", z);
    fields.put("standardError", standardError);
    fields.put("participationRatioX", participationRatioX);
    fields.put("participationRatioY", participationRatioY);
    fields.put("n", n);
    fields.put("p", p);
    fields.put("q", q);
    fields.put("bandwidthX", bandwidthX);
    fields.put("bandwidthY", bandwidthY);
    fields.put("status", status.name());
    return fields;
  }

  /** Returns this score with x and y exchanged. */
  Score transposed() {
    return new Score(value, debiased, biased, lange, nullFloor, permutationSd, z, standardError, participationRatioY,
        participationRatioX, n, q, p, estimator, kernel, bandwidthY, bandwidthX, status, warnings);
  }
}
