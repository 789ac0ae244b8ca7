package io.modelweave.core.transformer;

import io.modelweave.core.FeedForward;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Lays out the operations of one family of decoders, from token ids to logits, and publishes what happens in between. */
abstract class Decoder {

  final BlockGraph graph;
  final SameDiff sd;
  final int batch;
  final int length;
  private final TransformerConfiguration configuration;
  private final Map<String, INDArray> weights;
  private final Map<String, Decoder> guests = new HashMap<>();

  Decoder(TransformerConfiguration configuration, Map<String, INDArray> weights, BlockGraph graph, int batch, int length) {
    this.configuration = configuration;
    this.weights = weights;
    this.graph = graph;
    this.sd = graph.sameDiff();
    this.batch = batch;
    this.length = length;
  }

  /** Returns the decoder of a configuration's family. */
  static Decoder of(TransformerConfiguration configuration, Map<String, INDArray> weights, BlockGraph graph, int batch, int length) {
    if (configuration instanceof Gpt2Configuration gpt2) {
      return new Gpt2Decoder(gpt2, weights, graph, batch, length);
    } else if (configuration instanceof LlamaConfiguration llama) {
      return new LlamaDecoder(llama, weights, graph, batch, length);
    }
    return new GptNeoxDecoder((GptNeoxConfiguration) configuration, weights, graph, batch, length);
  }

  /**
   * Adds all operations and returns the logits {@code [N, V]}.
   *
   * @param ids {@code [N]}
   * @param feedForwards one for each block
   */
  final SDVariable build(SDVariable ids, List<FeedForward> feedForwards) {
    SDVariable x = embed(ids);
    for (int layer = 0; layer < configuration.layers(); layer++) {
      FeedForward slot = feedForwards.get(layer);
      BlockParts block = new BlockParts(this, layer, slot);
      x = slot instanceof BlockLayer whole ? whole.build(block, x) : block.build(x);
      publish(layer, "output", x);
    }
    SDVariable hidden = finalNorm(x);
    graph.publish(TransformerGraph.HIDDEN, hidden);
    SDVariable logits = sd.mmul(hidden, weight(headName()), false, true, false);
    graph.publish(TransformerGraph.LOGITS, logits);
    graph.requireTrainableRead();
    return logits;
  }

  /** One block with its two branches one after the other: {@code r = x + attention(norm(x))}, {@code r + mlp(norm(r))}. */
  SDVariable block(int layer, SDVariable x, UnaryOperator<SDVariable> attentionBranch, FeedForward feedForward) {
    SDVariable residual = x.add(attend(layer, x, attentionBranch));
    publish(layer, "residual", residual);
    return residual.add(feed(layer, residual, feedForward));
  }

  /** Returns what the attention branch adds to the residual stream. */
  final SDVariable attend(int layer, SDVariable x, UnaryOperator<SDVariable> attentionBranch) {
    SDVariable input = attentionNorm(layer, x);
    publish(layer, "attention.input", input);
    SDVariable attended = attentionBranch.apply(input);
    publish(layer, "attention", attended);
    return attended;
  }

  /** Returns what the MLP branch adds to the residual stream. */
  final SDVariable feed(int layer, SDVariable x, FeedForward feedForward) {
    SDVariable input = mlpNorm(layer, x);
    publish(layer, "mlp.input", input);
    SDVariable output;
    if (feedForward instanceof Mlp mlp) {
      SDVariable hidden = mlp.hidden(graph, input);
      publish(layer, "mlp.hidden", hidden);
      output = mlp.output(graph, hidden);
    } else {
      output = feedForward.build(graph, input);
    }
    publish(layer, "mlp", output);
    return output;
  }

  /** Publishes what goes into the output projection of attention, and returns it. */
  final SDVariable mixed(int layer, SDVariable heads) {
    publish(layer, "attention.mixed", heads);
    return heads;
  }

  /** Returns the decoder of another model in the same graph, always the same one. */
  final Decoder guest(GuestModel guest) {
    if (length > guest.configuration().contextLength()) {
      throw new IllegalArgumentException("sequences of %d positions, but the context of %s, which runs in this model, is %d"
          .formatted(length, guest.name(), guest.configuration().contextLength()));
    }
    return guests.computeIfAbsent(guest.name(),
        name -> of(guest.configuration(), guest.parameters(), graph.under(name + "."), batch, length));
  }

  /** Returns the first residual stream {@code [N, d]}. */
  abstract SDVariable embed(SDVariable ids);

  abstract SDVariable attentionNorm(int layer, SDVariable x);

  /** Returns the output {@code [N, d]} of the attention branch for its normalised input. */
  abstract SDVariable attention(int layer, SDVariable x);

  abstract SDVariable mlpNorm(int layer, SDVariable x);

  abstract SDVariable finalNorm(SDVariable x);

  /** Returns the name of the matrix {@code [V, d]} that makes logits of hidden states. */
  abstract String headName();

  final void publish(int layer, String what, SDVariable value) {
    graph.publish("block.%d.%s".formatted(layer, what), value);
  }

  final SDVariable weight(String name) {
    return graph.parameter(name, weights.get(name));
  }

  final SDVariable linear(String name, SDVariable x) {
    return Linear.of(weights, name).build(graph, name, x);
  }

  /** Returns rows of a table {@code [V, d]}. A trained table is multiplied by one-hot rows: the gradient of a look-up walks row by row. */
  final SDVariable rows(String table, SDVariable ids) {
    return graph.isTrainable(table)
        ? sd.oneHot(ids, configuration.vocabularySize()).castTo(DataType.FLOAT).mmul(weight(table))
        : sd.gather(weight(table), ids, 0); // [N, d]
  }
}
