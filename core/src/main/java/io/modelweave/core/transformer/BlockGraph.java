package io.modelweave.core.transformer;

import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A graph under construction, as a {@link io.modelweave.core.FeedForward} sees it: parameters become variables once however many
 * blocks share them, and values worth looking at are published by name.
 */
public final class BlockGraph {

  private final SameDiff sameDiff;
  private final String prefix;
  private final Set<String> trainable;
  private final Map<INDArray, SDVariable> variables;
  private final Map<String, SDVariable> published;
  private final SDVariable onesRow;
  private final SDVariable onesColumn;
  private final int width;
  private int layer;

  BlockGraph(SameDiff sameDiff, Set<String> trainable, int tokens, int width) {
    this.sameDiff = sameDiff;
    this.prefix = "";
    this.trainable = trainable;
    this.variables = new IdentityHashMap<>();
    this.published = new LinkedHashMap<>();
    this.width = width;
    this.onesRow = sameDiff.constant("onesRow", Nd4j.ones(DataType.FLOAT, 1, width));
    this.onesColumn = sameDiff.constant("onesColumn", Nd4j.ones(DataType.FLOAT, tokens, 1));
  }

  private BlockGraph(BlockGraph host, String prefix) {
    this.sameDiff = host.sameDiff;
    this.prefix = prefix;
    this.trainable = host.trainable;
    this.variables = host.variables;
    this.published = host.published;
    this.onesRow = host.onesRow;
    this.onesColumn = host.onesColumn;
    this.width = host.width;
  }

  /** Returns this graph for a guest of the same width: a prefix comes before the names of its parameters and of what it publishes. */
  BlockGraph under(String guestPrefix) {
    return new BlockGraph(this, guestPrefix);
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
      SDVariable variable = isTrainable(name) ? sameDiff.var(prefix + name, a) : sameDiff.constant(prefix + name, a);
      if (variable.getArr() != a) { // training in place, and sharing experts, rest on this
        throw new IllegalStateException("SameDiff copied parameter \"%s\"; parameters must be whole arrays, not views".formatted(name));
      }
      return variable;
    });
  }

  /**
   * Returns {@code [N, d]} whose every column is the given one. Multiply by this rather than by the column itself: SameDiff's gradient
   * of a broadcast product takes some twenty times as long as that of a product of equal shapes and a matrix product with ones.
   *
   * @param column {@code [N, 1]}
   */
  public SDVariable acrossColumns(SDVariable column) {
    return column.mmul(onesRow);
  }

  /**
   * Returns {@code [N, d]} whose every row is the given one, for the reason given at {@link #acrossColumns}.
   *
   * @param row {@code [d]}
   */
  SDVariable acrossRows(SDVariable row) {
    return onesColumn.mmul(sameDiff.reshape(row, 1, width));
  }

  /**
   * Returns normally if the graph reads all that is to be trained.
   *
   * @throws IllegalArgumentException naming the parameters that it does not read: they have no gradient
   */
  void requireTrainableRead() {
    Set<String> unread = new TreeSet<>(trainable);
    variables.values().forEach(variable -> unread.remove(variable.name()));
    if (!unread.isEmpty()) {
      throw new IllegalArgumentException("nothing in this model reads the parameters %s, so they cannot be trained; leave them out"
          .formatted(unread));
    }
  }

  boolean isTrainable(String name) {
    return trainable.contains(prefix + name);
  }

  /** Makes a value readable by name, like {@code block.3.mlp}; it costs nothing unless it is asked for. */
  public void publish(String name, SDVariable value) {
    published.put(prefix + name, value);
  }

  Map<String, SDVariable> published() {
    return published;
  }
}
