package io.modelweave.moe;

import io.modelweave.core.transformer.BlockGraph;
import io.modelweave.moe.RouterOptions.SoftmaxOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The router of one block: {@code z = (u V^T ->) gelu W^T / temperature + offsets}, {@code p = softmax(z)}, and the gates of the {@code k}
 * largest {@code p + balance}, of equal ones those listed first.
 *
 * <p>The choice enters as a 0/1 mask, so that gradients flow through the kept probabilities alone.
 *
 * @param block of the router, which is block 0 if all blocks share one
 * @param blocks {@code L}, for the mean of losses over blocks
 * @param options topK is at least 1 here
 * @param weight {@code W [E, d]}, or {@code [E, h]} behind a hidden layer
 * @param hidden {@code V [h, d]}, or null for none
 * @param offsets {@code E} constants added to the logits
 * @param balance {@code [1, E]} added to the probabilities for the choice alone, or null; changed between steps of training
 */
record Router(int block, int blocks, RouterOptions options, INDArray weight, @Nullable INDArray hidden, float[] offsets,
    @Nullable INDArray balance) {

  int experts() {
    return offsets.length;
  }

  /** Adds the router to a graph and returns the gates {@code [N, E]}: 0 for experts that are not kept. */
  SDVariable gates(BlockGraph graph, SDVariable input) {
    if (options.shared() && graph.layer() > 0) {
      graph.publish(published(graph.layer(), "probabilities"), graph.published(published(0, "probabilities")));
      SDVariable gates = graph.published(published(0, "gates"));
      graph.publish(published(graph.layer(), "gates"), gates);
      return gates;
    }
    SameDiff sd = graph.sameDiff();
    SDVariable logits = logits(graph, input);
    SDVariable probabilities = sd.nn.softmax(logits, -1);
    graph.publish(published(block, "probabilities"), probabilities);
    SDVariable kept = options.topK() == experts() ? null : kept(graph, probabilities);
    RouterLosses.add(graph, options, experts(), options.shared() ? 1 : blocks, logits, probabilities, kept);
    SDVariable gates = kept == null ? probabilities : weights(sd, logits, probabilities, kept);
    graph.publish(published(block, "gates"), gates);
    return gates;
  }

  private static String published(int layer, String what) {
    return "block.%d.router.%s".formatted(layer, what);
  }

  private SDVariable logits(BlockGraph graph, SDVariable input) {
    SameDiff sd = graph.sameDiff();
    SDVariable read = input;
    if (options.jitter() > 0 && graph.isTraining()) {
      Jitter jitter = new Jitter(options.jitter(), options.seed() + block);
      long width = (hidden == null ? weight : hidden).size(1);
      read = graph.apply("jitter." + block, jitter, input, width, width);
    }
    if (hidden != null) {
      SDVariable z = sd.mmul(read, graph.parameter(hiddenName(), hidden), false, true, false);
      read = z.mul(sd.nn.sigmoid(z.mul(z.mul(z).mul(0.044715).add(1.0)).mul(2 * Math.sqrt(2 / Math.PI)))); // GELU by tanh
    }
    SDVariable logits = sd.mmul(read, graph.parameter(weightName(), weight), false, true, false); // [N, E]
    if (options.temperature() != 1) {
      logits = logits.mul(1 / options.temperature());
    }
    boolean offset = false;
    for (float value : offsets) {
      offset |= value != 0;
    }
    return offset ? logits.add(sd.constant(weightName() + ".offsets", Nd4j.createFromArray(offsets).reshape(1, offsets.length))) : logits;
  }

  /** Returns a mask {@code [N, E]} of the chosen experts. */
  private SDVariable kept(BlockGraph graph, SDVariable probabilities) {
    SameDiff sd = graph.sameDiff();
    SDVariable scores = balance == null ? probabilities : probabilities.add(graph.parameter(balanceName(), balance));
    SDVariable own = sd.expandDims(scores, 2); // [N, E, 1]
    SDVariable other = sd.expandDims(scores, 1); // [N, 1, E]
    SDVariable ownEverywhere = own.add(other.mul(0));
    SDVariable otherEverywhere = other.add(own.mul(0));
    SDVariable larger = sd.gt(otherEverywhere, ownEverywhere).castTo(DataType.FLOAT); // [N, E, E]
    SDVariable equal = sd.eq(otherEverywhere, ownEverywhere).castTo(DataType.FLOAT);
    SDVariable before = sd.constant("expertsListedBefore." + block, strictlyLower(experts())); // [1, E, E]
    SDVariable rank = sd.sum(larger.add(equal.mul(before)), 2); // [N, E]: how many experts come first
    return sd.lt(rank, options.topK()).castTo(DataType.FLOAT);
  }

  private SDVariable weights(SameDiff sd, SDVariable logits, SDVariable probabilities, SDVariable kept) {
    if (options.softmaxOrder() == SoftmaxOrder.AFTER_TOP_K) {
      return sd.nn.softmax(logits.add(kept.sub(1.0).mul(1e30)), -1).mul(kept);
    }
    SDVariable weights = probabilities.mul(kept);
    return options.renormalise() ? weights.div(sd.sum(weights, true, 1)) : weights;
  }

  private static INDArray strictlyLower(int size) {
    float[] mask = new float[size * size];
    for (int row = 0; row < size; row++) {
      Arrays.fill(mask, row * size, row * size + row, 1f);
    }
    return Nd4j.createFromArray(mask).reshape(1, size, size);
  }

  String weightName() {
    return "transformer.h.%d.router.weight".formatted(block);
  }

  String hiddenName() {
    return "transformer.h.%d.router.hidden.weight".formatted(block);
  }

  /** Not a parameter that gradients train, hence outside {@code .router.}. */
  String balanceName() {
    return "transformer.h.%d.routing.balance".formatted(block);
  }

  /** Returns what gradients train, by name. */
  Map<String, INDArray> trained() {
    Map<String, INDArray> all = new LinkedHashMap<>();
    if (hidden != null) {
      all.put(hiddenName(), hidden);
    }
    all.put(weightName(), weight);
    return all;
  }

  Map<String, INDArray> parameters() {
    Map<String, INDArray> all = trained();
    if (balance != null) {
      all.put(balanceName(), balance);
    }
    return all;
  }
}
