package io.modelweave.merge;

import java.util.OptionalInt;
import java.util.function.DoubleUnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A value that may change from layer to layer.
 *
 * <p>The depth of a tensor of layer {@code k} of {@code L} is {@code k / (L - 1)}, and 1 where there is one layer. A tensor outside the
 * layers has depth 0 if its name says that it embeds ({@code embed}, {@code wte}, {@code wpe}), and 1 otherwise, as the final norm and the
 * head do. The layer is the first number between dots in a name.
 */
public final class Schedule {

  private static final Pattern LAYER = Pattern.compile("(?:^|\\.)(\\d+)(?=\\.|$)");
  private static final Pattern EMBEDDING = Pattern.compile("embed|wte|wpe");

  private final DoubleUnaryOperator function;

  private Schedule(DoubleUnaryOperator function) {
    this.function = function;
  }

  /** Returns the same value for every layer. */
  public static Schedule constant(double value) {
    return new Schedule(depth -> value);
  }

  /**
   * Returns a value that depends on depth.
   *
   * @param function from depth in [0, 1] to value
   */
  public static Schedule byDepth(DoubleUnaryOperator function) {
    return new Schedule(function);
  }

  /**
   * Returns the straight lines between values at equal distances of depth, the first at 0 and the last at 1.
   *
   * @throws IllegalArgumentException if there is no value
   */
  public static Schedule gradient(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("a gradient needs at least one value");
    }
    double[] knots = values.clone();
    return new Schedule(depth -> {
      double place = depth * (knots.length - 1);
      int below = (int) Math.floor(place);
      double share = place - below;
      return (1 - share) * knots[below] + share * knots[Math.min(knots.length - 1, below + 1)];
    });
  }

  /** Returns one minus this. */
  Schedule complement() {
    return new Schedule(depth -> 1 - function.applyAsDouble(depth));
  }

  /**
   * Returns the value for a tensor.
   *
   * @param layers how many layers the model has, see {@link #layers}
   */
  public double at(String tensor, int layers) {
    OptionalInt layer = layer(tensor);
    if (layer.isEmpty()) {
      return function.applyAsDouble(EMBEDDING.matcher(tensor).find() ? 0 : 1);
    }
    return function.applyAsDouble(layers <= 1 ? 1 : Math.min(1, layer.getAsInt() / (layers - 1.0)));
  }

  /** Returns how many layers the names of a model's tensors tell of. */
  public static int layers(Stream<String> names) {
    return names.mapToInt(name -> layer(name).orElse(-1)).max().orElse(-1) + 1;
  }

  static OptionalInt layer(String tensor) {
    Matcher matcher = LAYER.matcher(tensor);
    return matcher.find() && matcher.group(1).length() < 9 ? OptionalInt.of(Integer.parseInt(matcher.group(1))) : OptionalInt.empty();
  }

  static String withLayer(String tensor, int layer) {
    Matcher matcher = LAYER.matcher(tensor);
    return matcher.find() ? tensor.substring(0, matcher.start(1)) + layer + tensor.substring(matcher.end(1)) : tensor;
  }
}
