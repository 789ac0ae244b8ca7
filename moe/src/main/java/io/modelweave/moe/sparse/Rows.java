package io.modelweave.moe.sparse;

/** Sums over parts of arrays. */
final class Rows {

  private Rows() {}

  /** Adds {@code factor} times a row to another. */
  static void add(float[] to, int at, float[] from, int start, float factor, int count) {
    for (int i = 0; i < count; i++) {
      to[at + i] += factor * from[start + i];
    }
  }

  /** Returns the scalar product of two rows. */
  static float product(float[] a, int from, float[] b, int start, int count) {
    // Four chains of additions, because each waits for the one before.
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = 0;
    for (; i + 3 < count; i += 4) {
      s0 += (double) a[from + i] * b[start + i];
      s1 += (double) a[from + i + 1] * b[start + i + 1];
      s2 += (double) a[from + i + 2] * b[start + i + 2];
      s3 += (double) a[from + i + 3] * b[start + i + 3];
    }
    for (; i < count; i++) {
      s0 += (double) a[from + i] * b[start + i];
    }
    return (float) (s0 + s1 + s2 + s3);
  }
}
