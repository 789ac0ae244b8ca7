package io.modelweave.merge;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.checkpoint.CheckpointComparison;
import io.modelweave.core.checkpoint.TensorInfo;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The interpolation of two checkpoints, computed as it is read; needs both until the last read. */
final class InterpolatedCheckpoint implements Checkpoint {

  private final Checkpoint a;
  private final Checkpoint b;
  private final TensorBlend blend;
  private final Map<String, String> metadata;

  private InterpolatedCheckpoint(Checkpoint a, Checkpoint b, double alpha) {
    this.a = a;
    this.b = b;
    this.blend = new TensorBlend(alpha);
    this.metadata = Provenance.of("interpolate", alpha, a, b);
  }

  static Checkpoint of(Checkpoint a, Checkpoint b, double alpha) {
    Alpha.require(alpha);
    List<String> problems = new ArrayList<>(CheckpointComparison.mismatches(a, b));
    for (String name : a.names()) {
      if (b.contains(name) && a.info(name).equals(b.info(name)) && !TensorBlend.supports(a.info(name).type())
          && !CheckpointComparison.sameBits(a, b, name)) {
        problems.add("\"%s\": values of %s differ, and that type has nothing in between".formatted(name, a.info(name).describe()));
      }
    }
    if (!problems.isEmpty()) {
      throw new ModelMismatchException("cannot interpolate %s and %s".formatted(a.source(), b.source()), problems);
    }
    return new InterpolatedCheckpoint(a, b, alpha);
  }

  @Override
  public List<String> names() {
    return a.names();
  }

  @Override
  public boolean contains(String name) {
    return a.contains(name);
  }

  @Override
  public TensorInfo info(String name) {
    return a.info(name);
  }

  @Override
  public void read(String name, long offset, ByteBuffer destination) {
    blend.fill(info(name).type(), (at, bytes) -> a.read(name, at, bytes), (at, bytes) -> b.read(name, at, bytes), offset, destination);
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  /** Returns the ties that both parents have. */
  @Override
  public Map<String, String> tied() {
    Map<String, String> common = new LinkedHashMap<>(a.tied());
    common.entrySet().retainAll(b.tied().entrySet());
    return common;
  }

  @Override
  public String source() {
    return "interpolation of %s and %s".formatted(a.source(), b.source());
  }

  /** Does nothing: the parents belong to someone else. */
  @Override
  public void close() {}
}
