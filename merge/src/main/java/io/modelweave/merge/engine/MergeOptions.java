package io.modelweave.merge.engine;

/**
 * How a merge runs; none of it but the seed changes a bit of the result.
 *
 * @param threads how many work at once, at least 1
 * @param seed what random masks start from
 * @param refuseNonFinite whether NaN or infinity, in a model or in the output, ends the merge
 * @param requireEqualIntegers whether integers and booleans that differ between models end the merge; otherwise those of the base, or of
 *     the first model if there is none, are copied
 * @param hashInputs whether the output's metadata carry the SHA-256 of the files that models come from; every file is read once more, at
 *     some half a second a gigabyte and thread
 * @param progress told of each tensor that is done
 */
public record MergeOptions(int threads, long seed, boolean refuseNonFinite, boolean requireEqualIntegers, boolean hashInputs,
    Progress progress) {

  /** Follows a merge. */
  @FunctionalInterface
  public interface Progress {

    /**
     * Is told after each tensor, in the order of the output, by one of the threads that merge.
     *
     * @param report of the tensor
     * @param done how many bytes of output are complete
     * @param total how many there will be
     */
    void onTensor(TensorReport report, long done, long total);
  }

  /** Checks the number of threads. */
  public MergeOptions {
    if (threads < 1) {
      throw new IllegalArgumentException("%d threads; a merge needs at least 1".formatted(threads));
    }
  }

  /** Returns all processors, seed 0, NaN refused, integers copied. */
  public static MergeOptions defaults() {
    return new MergeOptions(Runtime.getRuntime().availableProcessors(), 0, true, false, false, (report, done, total) -> { });
  }

  /** Returns the same with another number of threads. */
  public MergeOptions withThreads(int number) {
    return new MergeOptions(number, seed, refuseNonFinite, requireEqualIntegers, hashInputs, progress);
  }

  /** Returns the same with another seed. */
  public MergeOptions withSeed(long value) {
    return new MergeOptions(threads, value, refuseNonFinite, requireEqualIntegers, hashInputs, progress);
  }

  /** Returns the same with another rule for NaN and infinity. */
  public MergeOptions withRefuseNonFinite(boolean refuse) {
    return new MergeOptions(threads, seed, refuse, requireEqualIntegers, hashInputs, progress);
  }

  /** Returns the same with another rule for integers and booleans. */
  public MergeOptions withRequireEqualIntegers(boolean require) {
    return new MergeOptions(threads, seed, refuseNonFinite, require, hashInputs, progress);
  }

  /** Returns the same with another rule for the hashes of files. */
  public MergeOptions withHashInputs(boolean hash) {
    return new MergeOptions(threads, seed, refuseNonFinite, requireEqualIntegers, hash, progress);
  }

  /** Returns the same with another listener. */
  public MergeOptions withProgress(Progress listener) {
    return new MergeOptions(threads, seed, refuseNonFinite, requireEqualIntegers, hashInputs, listener);
  }
}
