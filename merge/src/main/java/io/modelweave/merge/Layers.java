package io.modelweave.merge;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.MissingTensorException;
import io.modelweave.core.checkpoint.TensorInfo;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Views of checkpoints under other names, through which layers of one model can be merged with each other.
 *
 * <pre>{@code
 * Checkpoint lower = Layers.select(model, 0, 1);   // a model of two layers
 * Checkpoint upper = Layers.select(model, 2, 3);
 * Checkpoint half = Merger.of(lower, upper).method(new Linear()).merge();
 * }</pre>
 *
 * <p>A view reads through to its checkpoint, copies nothing, and does not close it.
 */
public final class Layers {

  private Layers() {}

  /**
   * Returns a checkpoint with some layers, numbered anew from 0 in the order given, and everything outside the layers. A layer may be
   * given twice.
   *
   * @param layers numbers of layers, from 0
   * @throws IllegalArgumentException naming all layers that the checkpoint does not have
   */
  public static Checkpoint select(Checkpoint checkpoint, int... layers) {
    TreeSet<Integer> present = new TreeSet<>();
    checkpoint.names().forEach(name -> Schedule.layer(name).ifPresent(present::add));
    List<Integer> missing = Arrays.stream(layers).boxed().filter(layer -> !present.contains(layer)).toList();
    if (!missing.isEmpty() || present.isEmpty()) {
      throw new IllegalArgumentException("%s has no layers %s; it has %s".formatted(checkpoint.source(), missing, present));
    }
    Map<String, String> originals = new LinkedHashMap<>();
    List<String> inLayers = new ArrayList<>();
    for (String name : checkpoint.names()) {
      if (Schedule.layer(name).isPresent()) {
        inLayers.add(name);
      } else {
        originals.put(name, name);
      }
    }
    for (int i = 0; i < layers.length; i++) {
      for (String name : inLayers) {
        if (Schedule.layer(name).getAsInt() == layers[i]) {
          originals.put(Schedule.withLayer(name, i), name);
        }
      }
    }
    return new View(checkpoint, originals, "layers %s of %s".formatted(Arrays.toString(layers), checkpoint.source()));
  }

  /**
   * Returns a checkpoint with other names.
   *
   * @param originals new name to the name in the checkpoint; tensors that it does not name are left out, and one may have several names
   * @throws io.modelweave.core.checkpoint.MissingTensorException if the checkpoint lacks one
   */
  public static Checkpoint renamed(Checkpoint checkpoint, Map<String, String> originals) {
    originals.values().forEach(checkpoint::info);
    return new View(checkpoint, originals, "renamed " + checkpoint.source());
  }

  private static final class View implements Checkpoint {

    private final Checkpoint checkpoint;
    private final Map<String, String> originals;
    private final String source;

    View(Checkpoint checkpoint, Map<String, String> originals, String source) {
      this.checkpoint = checkpoint;
      this.originals = Collections.unmodifiableMap(new LinkedHashMap<>(originals));
      this.source = source;
    }

    @Override
    public List<String> names() {
      return List.copyOf(originals.keySet());
    }

    @Override
    public boolean contains(String name) {
      return originals.containsKey(name);
    }

    @Override
    public TensorInfo info(String name) {
      TensorInfo info = checkpoint.info(original(name));
      return new TensorInfo(name, info.type(), info.shape());
    }

    @Override
    public void read(String name, long offset, ByteBuffer destination) {
      checkpoint.read(original(name), offset, destination);
    }

    @Override
    public Map<String, String> metadata() {
      return checkpoint.metadata();
    }

    @Override
    public String source() {
      return source;
    }

    /** Does nothing: the checkpoint belongs to someone else. */
    @Override
    public void close() {}

    private String original(String name) {
      String original = originals.get(name);
      if (original == null) {
        throw new MissingTensorException(source, name, originals.keySet());
      }
      return original;
    }
  }
}
