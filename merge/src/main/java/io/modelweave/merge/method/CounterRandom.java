package io.modelweave.merge.method;

/**
 * Uniform random numbers by position: each is a hash of a key and an index, so that no order of execution changes one.
 *
 * <p>The hash is the output function of SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
 */
public final class CounterRandom {

  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private final long key;

  /**
   * Creates a stream.
   *
   * @param seed of a tensor
   * @param model counted from 0
   */
  public CounterRandom(long seed, int model) {
    this.key = mix(mix(seed) + (model + 1) * GOLDEN_GAMMA);
  }

  /** Returns a number in [0, 1), a multiple of 2^-53. */
  public double uniform(long index) {
    return (mix(key + (index + 1) * GOLDEN_GAMMA) >>> 11) * 0x1p-53;
  }

  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
