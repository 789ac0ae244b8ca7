package io.modelweave.core.transformer;

import io.modelweave.core.rows.Activation;
import io.modelweave.core.rows.Normalization;
import io.modelweave.core.rows.RowFunction;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
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
  private final HostFunctions hostFunctions;
  private final List<SDVariable> penalties;
  private final Map<List<Long>, INDArray> standIns;
  private final SDVariable onesRow;
  private final SDVariable onesColumn;
  private final int tokens;
  private final int width;
  private int layer;

  BlockGraph(SameDiff sameDiff, Set<String> trainable, int tokens, int width, HostFunctions hostFunctions) {
    this.sameDiff = sameDiff;
    this.prefix = "";
    this.trainable = trainable;
    this.variables = new IdentityHashMap<>();
    this.published = new LinkedHashMap<>();
    this.hostFunctions = hostFunctions;
    this.tokens = tokens;
    this.penalties = new ArrayList<>();
    this.standIns = new HashMap<>();
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
    this.hostFunctions = host.hostFunctions;
    this.tokens = host.tokens;
    this.penalties = host.penalties;
    this.standIns = host.standIns;
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

  /** Returns whether gradients of the parameter of that name will be asked for. */
  public boolean isTrainable(String name) {
    return trainable.contains(prefix + name);
  }

  /** Returns whether this graph is for training: gradients of some parameter will be asked for. */
  public boolean isTraining() {
    return !trainable.isEmpty();
  }

  /** Returns whether a value depends on a parameter that is to be trained: whether its own gradient is needed. */
  public boolean hasGradient(SDVariable value) {
    Deque<SDVariable> open = new ArrayDeque<>(List.of(value));
    Set<String> seen = new HashSet<>();
    while (!open.isEmpty()) {
      SDVariable variable = open.pop();
      if (variable.getVariableType() == VariableType.VARIABLE) {
        return true;
      }
      DifferentialFunction source = sameDiff.getVariableOutputOp(variable.name());
      if (source != null && seen.add(variable.name())) {
        open.addAll(List.of(source.args()));
      }
    }
    return false;
  }

  /**
   * Returns the result {@code [N, columns]} of a function that Java code computes, with its gradient.
   *
   * @param name of the function, once in the graph
   * @param input {@code [N, m]}
   * @param inputColumns {@code m}
   * @param outputColumns {@code n}
   */
  public SDVariable apply(String name, RowFunction function, SDVariable input, long inputColumns, long outputColumns) {
    return apply(name + ".input", HostFunction.of(function), input, inputColumns, outputColumns);
  }

  SDVariable apply(String readName, HostFunction function, SDVariable input, long inputColumns, long outputColumns) {
    SDVariable read = sameDiff.identity(readName, input); // a variable of its own: the key by which HostFunctions knows the product
    hostFunctions.put(read.name(), function);
    INDArray standIn = standIns.computeIfAbsent(List.of(inputColumns, outputColumns),
        shape -> Nd4j.zeros(DataType.FLOAT, inputColumns, outputColumns));
    return read.mmul(parameter("standIn.%dx%d".formatted(inputColumns, outputColumns), standIn));
  }

  int width() {
    return width;
  }

  /** Returns whether Java code computes functions of rows {@code [N, columns]} in this graph, rather than operations of ND4J. */
  boolean isOnHost(long columns) {
    return hostFunctions.arePreferred() && tokens * columns <= Integer.MAX_VALUE;
  }

  /** Returns the values of a non-linearity, computed by Java code. */
  SDVariable apply(Activation activation, SDVariable x) {
    SDVariable read = sameDiff.identity(x);
    hostFunctions.put(read.name(), HostFunction.of(activation));
    return sameDiff.nn.elu(read); // stands for any function element by element
  }

  /** Returns normalised rows {@code [N, d]}, computed by Java code. */
  SDVariable apply(Normalization normalization, SDVariable x, SDVariable gain, @Nullable SDVariable bias) {
    SDVariable read = sameDiff.identity(x);
    hostFunctions.put(read.name(), new HostFunction() {
      @Override
      public void forward(List<INDArray> inputs, INDArray output) {
        normalization.forward(inputs.get(0), inputs.get(1), bias == null ? null : inputs.get(2), output);
      }

      @Override
      public void backward(List<INDArray> inputs, List<INDArray> gradients) {
        normalization.backward(inputs.get(0), inputs.get(1), inputs.get(inputs.size() - 1), gradients.get(0), gradients.get(1),
            bias == null ? null : gradients.get(2));
      }
    });
    return bias == null ? sameDiff.nn.layerNorm(read, gain, false, 1) : sameDiff.nn.layerNorm(read, gain, bias, false, 1);
  }

  /** Returns the token ids {@code [N]} that the model reads. */
  public SDVariable tokenIds() {
    return sameDiff.getVariable(TransformerGraph.IDS);
  }

  /** Adds a number to what training minimises; the reported loss stays the cross-entropy alone. */
  public void penalise(SDVariable penalty) {
    penalties.add(penalty);
  }

  List<SDVariable> penalties() {
    return penalties;
  }

  /** Makes a value readable by name, like {@code block.3.mlp}; it costs nothing unless it is asked for. */
  public void publish(String name, SDVariable value) {
    published.put(prefix + name, value);
  }

  /**
   * Returns what an earlier block has published.
   *
   * @throws IllegalArgumentException if nothing has that name
   */
  public SDVariable published(String name) {
    SDVariable value = published.get(prefix + name);
    if (value == null) {
      throw new IllegalArgumentException("nothing is published as \"%s\" so far; there are %s".formatted(name, published.keySet()));
    }
    return value;
  }

  Map<String, SDVariable> published() {
    return published;
  }
}
