package io.modelweave.core.transformer;

import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A graph under construction, as a {@link io.modelweave.core.FeedForward} sees it: parameters become variables once however many
 * blocks share them, and values worth looking at are published by name.
 */
public final class BlockGraph {

  private final SameDiff sameDiff;
  private final Set<String> trainable;
  private final Map<INDArray, SDVariable> variables = new IdentityHashMap<>();
  private final Map<String, SDVariable> published = new LinkedHashMap<>();
  private int layer;

  BlockGraph(SameDiff sameDiff, Set<String> trainable) {
    this.sameDiff = sameDiff;
    this.trainable = trainable;
  }

  /** Returns the graph to add operations to. */
  public SameDiff sameDiff() {
    return sameDiff;
  }

  /** Returns the index of the block that is being built, from 0. */
  public int layer() {
    return layer;
  }

  void enter(int index) {
    layer = index;
  }

  /**
   * Returns the variable that stands for an array: a trainable one if {@code name} is to be trained in this graph, else a constant.
   * The array is shared with the graph, not copied; the same array gives the same variable whatever the name.
   *
   * @param name the parameter's name in the whole model
   * @param array FLOAT, not a view
   */
  public SDVariable parameter(String name, INDArray array) {
    return variables.computeIfAbsent(array, a -> {
      SDVariable variable = trainable.contains(name) ? sameDiff.var(name, a) : sameDiff.constant(name, a);
      if (variable.getArr() != a) { // training in place, and sharing experts, rest on this
        throw new IllegalStateException("SameDiff copied parameter \"%s\"; parameters must be whole arrays, not views".formatted(name));
      }
      return variable;
    });
  }

  boolean isTrainable(String name) {
    return trainable.contains(name);
  }

  /** Makes a value readable by name, like {@code block.3.mlp}; it costs nothing unless it is asked for. */
  public void publish(String name, SDVariable value) {
    published.put(name, value);
  }

  Map<String, SDVariable> published() {
    return published;
  }
}
