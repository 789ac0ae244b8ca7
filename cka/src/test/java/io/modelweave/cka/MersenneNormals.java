package io.modelweave.cka;

/**
 * The normals of NumPy's legacy {@code RandomState(seed).randn}: MT19937 and Marsaglia's polar method.
 *
 * <p>Source: Matsumoto and Nishimura 1998; NumPy's {@code legacy-distributions.c}.
 */
final class MersenneNormals {

  private final int[] state = new int[624];
  private int next = 624;
  private double spare = Double.NaN;

  MersenneNormals(int seed) {
    state[0] = seed;
    for (int i = 1; i < state.length; i++) {
      state[i] = 1812433253 * (state[i - 1] ^ state[i - 1] >>> 30) + i;
    }
  }

  double[][] matrix(int rows, int columns) {
    double[][] values = new double[rows][columns];
    for (double[] row : values) {
      for (int j = 0; j < columns; j++) {
        row[j] = normal();
      }
    }
    return values;
  }

  private double normal() {
    if (!Double.isNaN(spare)) {
      double value = spare;
      spare = Double.NaN;
      return value;
    }
    double v1;
    double v2;
    double square;
    do {
      v1 = 2 * uniform() - 1;
      v2 = 2 * uniform() - 1;
      square = v1 * v1 + v2 * v2;
    } while (square >= 1 || square == 0);
    double factor = Math.sqrt(-2 * Math.log(square) / square);
    spare = factor * v1;
    return factor * v2;
  }

  private double uniform() {
    long high = Integer.toUnsignedLong(draw()) >>> 5;
    long low = Integer.toUnsignedLong(draw()) >>> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
  }

  private int draw() {
    if (next == state.length) {
      for (int i = 0; i < state.length; i++) {
        int mixed = state[i] & 0x80000000 | state[(i + 1) % state.length] & 0x7fffffff;
        state[i] = state[(i + 397) % state.length] ^ mixed >>> 1 ^ ((mixed & 1) == 0 ? 0 : 0x9908b0df);
      }
      next = 0;
    }
    int y = state[next++];
    y ^= y >>> 11;
    y ^= y << 7 & 0x9d2c5680;
    y ^= y << 15 & 0xefc60000;
    return y ^ y >>> 18;
  }
}
