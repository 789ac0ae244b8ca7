package io.modelweave.cka;

import io.modelweave.core.Activations;
import io.modelweave.core.BatchWorkers;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * CKA of every layer of one model with every layer of another, of samples that come in batches and are not kept.
 *
 * <p>Accumulators of disjoint samples can be merged, and travel as bytes: each worker of a cluster adds the batches it has, and one place
 * merges what they send. Samples are told apart by their ids; one that comes twice is refused, because copies look like similarity.
 * Not safe for use by several threads, but may work on some itself: see {@link #workers}.
 *
 * <pre>{@code
 * CkaAccumulator sums = CkaAccumulator.linear();
 * for (Batch batch : batches) {
 *   sums.add(activationsOfA(batch), activationsOfB(batch));
 * }
 * CkaMatrix map = sums.result();
 * }</pre>
 */
public sealed interface CkaAccumulator permits LinearAccumulator, MiniBatchAccumulator {

  /**
   * Returns an accumulator of linear CKA that ends at the same result, up to rounding, as all samples at once, however they are cut into
   * batches.
   *
   * <p>Keeps moments up to the fourth order in DOUBLE: {@code p q} numbers for each pair of layers. Scores have all but a standard error.
   */
  static CkaAccumulator linear() {
    return new LinearAccumulator();
  }

  /**
   * Returns an accumulator of debiased CKA with any kernel, in which samples meet only samples of their own batch.
   *
   * <p>{@code value = Σ w HSIC(K, L) / √(Σ w HSIC(K, K) Σ w HSIC(L, L))} over batches, with the unbiased HSIC; an estimate of the value of
   * all samples that needs batches drawn at random: data in order of its classes give another number. Scores have a value and a standard
   * error, which leaves out each batch in turn, and no more. Batches of fewer than 4 samples are counted and skipped. The bandwidth is
   * that of the pilot throughout.
   *
   * <p>Source: Nguyen, Raghu and Kornblith 2021 (arXiv 2010.15327), eq. 3.
   *
   * @param weight what a batch weighs
   * @param pilotA samples that fix the bandwidth of each layer of a, and are not added
   * @param pilotB the same of b
   * @throws IllegalArgumentException if the kernel has a bandwidth for each sample
   */
  static CkaAccumulator miniBatches(Kernel kernel, BatchWeight weight, Activations pilotA, Activations pilotB) {
    return MiniBatchAccumulator.of(kernel, weight, pilotA, pilotB);
  }

  /**
   * Works on several layers, or pairs of them, at once from here on, with the same results to the last bit; one at a time at first. Set the
   * environment variable {@code OMP_NUM_THREADS=1}, see {@link BatchWorkers}. A kernel of your own must be safe for threads.
   *
   * @return this accumulator
   */
  CkaAccumulator workers(BatchWorkers workers);

  /**
   * Adds the samples of a batch.
   *
   * @param a what model a answered to it
   * @param b what model b answered to it, the same samples in the same order
   * @throws IllegalArgumentException if the samples of a and b differ, a sample was added before, the layers or widths are not those of
   *     earlier batches, or a layer, which is named, holds NaN or an infinity; nothing is added then
   */
  void add(Activations a, Activations b);

  /**
   * Adds what another accumulator of the same kind and layers has, which stays as it is.
   *
   * @throws IllegalArgumentException if kind, layers, widths or bandwidths differ, or a sample is in both; nothing is added then
   */
  void merge(CkaAccumulator other);

  /** Returns the number of samples added so far. */
  int samples();

  /**
   * Returns the scores of all samples so far; more may be added after.
   *
   * @throws IllegalStateException if there are too few for a value
   */
  CkaMatrix result();

  /** Returns all of its state, to be read by {@link #fromBytes}: some 8 bytes for each number that it keeps, and a checksum. */
  byte[] toBytes();

  /**
   * Returns the accumulator that {@link #toBytes} was called on. One of mini-batches can be merged and asked for its result, but not
   * added to: a kernel does not travel.
   *
   * @throws IllegalArgumentException if the bytes are not of an accumulator, are of one of another version, or are damaged
   */
  static CkaAccumulator fromBytes(byte[] bytes) {
    try (AccumulatorState.Reader state = new AccumulatorState.Reader(bytes)) {
      return state.isOfMiniBatches() ? MiniBatchAccumulator.read(state) : LinearAccumulator.read(state);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
