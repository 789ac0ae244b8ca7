package io.modelweave.merge.engine;

import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.checkpoint.CheckpointComparison;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.core.checkpoint.TensorInfo;
import io.modelweave.merge.method.TensorMerge;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One tensor on its way out: computes stretches in any order and from any thread, and takes note of them in order. */
final class OutputTensor {

  private final PlannedTensor planned;
  private final @Nullable TensorMerge merge;
  private final TensorInfo info;
  private final Diagnostics diagnostics;
  private final @Nullable MessageDigest digest;
  private final double[] totals;
  private int different;

  /**
   * Creates a tensor that nothing has been computed of.
   *
   * @param merge null to copy
   * @param hashed whether the report has the SHA-256 of the bytes
   */
  OutputTensor(PlannedTensor planned, @Nullable TensorMerge merge, boolean hashed) {
    this.planned = planned;
    this.merge = merge;
    this.info = planned.job().info();
    this.diagnostics = new Diagnostics(planned.context());
    this.totals = new double[diagnostics.sums()];
    this.digest = hashed ? sha256() : null;
  }

  TensorInfo info() {
    return info;
  }

  PlannedTensor planned() {
    return planned;
  }

  int width() {
    return info.type().bits() / Byte.SIZE;
  }

  /** Compares what is copied with what is left out. */
  void compareCopies(boolean requireEqual) {
    TensorJob job = planned.job();
    Source first = job.models().get(0);
    for (Source other : job.models().subList(1, job.models().size())) {
      different += sameBits(first, other) ? 0 : 1;
    }
    if (different > 0 && requireEqual) {
      throw new ModelMismatchException("cannot merge",
          List.of("\"%s\": values of %s differ in %d of %d models, and integers are not averaged"
          .formatted(job.name(), info.describe(), different, job.models().size())));
    }
  }

  private static boolean sameBits(Source a, Source b) {
    return a.info().type() == b.info().type() && a.info().shape().equals(b.info().shape())
        && CheckpointComparison.sameBits(a.checkpoint(), a.name(), b.checkpoint(), b.name());
  }

  /**
   * Fills a buffer with a stretch of the output and returns its sums.
   *
   * @throws NonFiniteTensorException if an element is not finite and that is refused
   */
  double[] compute(Stretch stretch, ChunkBuffer chunk, ByteBuffer bytes, boolean refuseNonFinite) {
    double[] sums = new double[totals.length];
    if (merge == null) {
      Source source = planned.job().models().get(0);
      source.checkpoint().read(source.name(), stretch.start() * width(), bytes);
      return sums;
    }
    ElementType type = info.type();
    double largest = ElementCodec.largest(type);
    chunk.begin(stretch);
    for (int index = stretch.from(); index < stretch.to(); index++) {
      chunk.moveTo(index);
      merge.merge(chunk, chunk.result());
      chunk.encode(type, bytes);
      double[] ofChunk = diagnostics.gather(chunk, chunk.result());
      if (diagnostics.mayExceed(largest, ofChunk)) {
        diagnostics.nonFiniteOutput(chunk.nonFiniteOutput(type, bytes), ofChunk);
      }
      if (refuseNonFinite && diagnostics.anyNonFinite(ofChunk)) {
        throw NonFiniteTensorException.in(planned.job(), diagnostics.nonFiniteOutput(ofChunk));
      }
      add(ofChunk, sums);
    }
    return sums;
  }

  /** Takes note of a stretch, in order: hashes its bytes, if asked for, and adds its sums. */
  void note(ByteBuffer bytes, double[] sums) {
    if (digest != null) {
      digest.update(bytes);
    }
    add(sums, totals);
  }

  /** Returns what happened, after the last stretch. */
  TensorReport report() {
    String sha256 = digest == null ? "" : HexFormat.of().formatHex(digest.digest());
    if (merge != null) {
      return diagnostics.report(planned.job(), totals, sha256);
    }
    return new TensorReport(info.name(), info.type().name(), info.shape(), "copy", List.of(), List.of(), 0, 1, List.of(), 0, different,
        sha256);
  }

  static void add(double[] part, double[] totals) {
    for (int i = 0; i < part.length; i++) {
      totals[i] += part[i];
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
