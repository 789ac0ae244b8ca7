package io.modelweave.core.transformer;

import io.modelweave.core.FeedForward;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A GPT-2 decoder as a SameDiff graph for one batch shape: hidden states, logits, token losses, and gradients of chosen parameters.
 *
 * <p>Weights are shared with the model, not copied, so that training in place is seen here. Outputs and losses may be asked for
 * from several threads at once, gradients from one. Tokens are embedded by a table look-up where the table is frozen; where it is trained, by a product with one-hot
 * rows, because SameDiff's gradient of {@code gather} walks row by row.
 *
 * <p>Source: Radford et al., "Language Models are Unsupervised Multitask Learners", 2019; Vaswani et al., 2017, equation 1.
 */
public final class TransformerGraph implements AutoCloseable {

  /** Published: {@code [N, V]}. */
  public static final String LOGITS = "logits";
  /** Published: {@code [N]}, cross-entropy in nats of each target token. */
  public static final String TOKEN_LOSSES = "tokenLosses";

  private static final String IDS = "ids";
  private static final String TARGETS = "targets";
  private static final String LOSS = "loss";
  private static final float MASKED = -1e9f;

  private final Gpt2Configuration configuration;
  private final Map<String, INDArray> weights;
  private final int batch;
  private final int length;
  private final BlockGraph graph;
  private final SameDiff sd;
  private final String[] trainable;
  private final Map<String, String> gradientOf = new LinkedHashMap<>();
  private @Nullable RecordedGraph recorded;

  /**
   * Builds the graph; {@code O(L)} operations, no arithmetic.
   *
   * @param configuration the model's shape
   * @param weights everything but the feed-forward layers, by Hugging Face name; FLOAT
   * @param feedForwards one for each block
   * @param batch {@code B}
   * @param length {@code T}, at most the context length
   * @param trainable names of the parameters that gradients will be asked for; empty for inference
   */
  public TransformerGraph(Gpt2Configuration configuration, Map<String, INDArray> weights, List<FeedForward> feedForwards, int batch,
      int length, Set<String> trainable) {
    this.configuration = configuration;
    this.weights = weights;
    this.batch = batch;
    this.length = length;
    this.sd = SameDiff.create();
    this.graph = new BlockGraph(sd, trainable, batch * length, configuration.width());
    this.trainable = trainable.toArray(String[]::new);
    build(feedForwards);
  }

  private void build(List<FeedForward> feedForwards) {
    SDVariable ids = sd.placeHolder(IDS, DataType.INT32, (long) batch * length);
    SDVariable targets = sd.placeHolder(TARGETS, DataType.INT32, (long) batch * length);
    SDVariable mask = sd.constant("causalMask", causalMask(length)); // [1, 1, T, T]
    SDVariable x = embed(ids);
    for (int layer = 0; layer < configuration.layers(); layer++) {
      graph.enter(layer);
      String block = "transformer.h." + layer;
      x = x.add(attention(block + ".attn", layerNorm(block + ".ln_1", x), mask));
      SDVariable branch = feedForwards.get(layer).build(graph, layerNorm(block + ".ln_2", x));
      graph.publish("block.%d.mlp".formatted(layer), branch);
      x = x.add(branch);
      graph.publish("block.%d.output".formatted(layer), x);
    }
    x = layerNorm("transformer.ln_f", x);
    SDVariable logits = configuration.tiedHead()
        ? sd.mmul(x, weight("transformer.wte.weight"), false, true, false)
        : sd.mmul(x, weight("lm_head.weight"), false, true, false); // [N, V]
    graph.publish(LOGITS, logits);
    SDVariable logProbabilities = sd.nn.logSoftmax(logits);
    SDVariable tokenLosses = sd.sum(logProbabilities.mul(sd.oneHot(targets, configuration.vocabularySize()).castTo(DataType.FLOAT)), 1).neg();
    graph.publish(TOKEN_LOSSES, tokenLosses);
    sd.mean(LOSS, tokenLosses);
    sd.setLossVariables(LOSS);
  }

  private SDVariable weight(String name) {
    return graph.parameter(name, weights.get(name));
  }

  private SDVariable embed(SDVariable ids) {
    String table = "transformer.wte.weight";
    SDVariable tokens = graph.isTrainable(table)
        ? sd.oneHot(ids, configuration.vocabularySize()).castTo(DataType.FLOAT).mmul(weight(table))
        : sd.gather(weight(table), ids, 0); // [N, d]
    int d = configuration.width();
    SDVariable positions = weight("transformer.wpe.weight");
    if (length < configuration.contextLength()) {
      positions = sd.slice(positions, new int[] {0, 0}, length, d);
    }
    SDVariable sum = sd.reshape(tokens, batch, length, d).add(sd.reshape(positions, 1, length, d));
    return sd.reshape(sum, (long) batch * length, d);
  }

  private SDVariable layerNorm(String name, SDVariable x) {
    return LayerNorm.build(graph, x, weight(name + ".weight"), weight(name + ".bias"), configuration.layerNormEpsilon());
  }

  private SDVariable attention(String name, SDVariable x, SDVariable mask) {
    int d = configuration.width();
    int heads = configuration.heads();
    int headWidth = d / heads;
    SDVariable qkv = x.mmul(weight(name + ".c_attn.weight")).add(weight(name + ".c_attn.bias")); // [N, 3d]
    SDVariable split = sd.permute(sd.reshape(qkv, batch, length, 3, heads, headWidth), 2, 0, 3, 1, 4); // [3, B, h, T, d/h]
    SDVariable[] parts = sd.unstack(split, 0, 3);
    SDVariable scores = sd.mmul(parts[0].mul(1 / Math.sqrt(headWidth)), parts[1], false, true, false).add(mask); // [B, h, T, T]
    SDVariable mixed = sd.mmul(sd.nn.softmax(scores, -1), parts[2]); // [B, h, T, d/h]
    SDVariable joined = sd.reshape(sd.permute(mixed, 0, 2, 1, 3), (long) batch * length, d);
    return joined.mmul(weight(name + ".c_proj.weight")).add(weight(name + ".c_proj.bias"));
  }

  private static INDArray causalMask(int length) {
    float[] mask = new float[length * length];
    for (int query = 0; query < length; query++) {
      Arrays.fill(mask, query * length + query + 1, (query + 1) * length, MASKED);
    }
    return Nd4j.createFromArray(mask).reshape(1, 1, length, length);
  }

  /** Returns the names that {@link #outputs} knows: {@code block.<l>.mlp}, {@code block.<l>.output}, logits, what routers publish. */
  public Set<String> names() {
    return graph.published().keySet();
  }

  /**
   * Returns published values of one batch, owned by the caller.
   *
   * @param ids {@code [B * T]} token ids, row by row
   * @param names from {@link #names()}; not {@link #TOKEN_LOSSES}, which needs targets
   */
  public Map<String, INDArray> outputs(int[] ids, List<String> names) {
    return outputs(Map.of(IDS, Nd4j.createFromArray(ids)), names);
  }

  /**
   * Returns the cross-entropies in nats {@code [B * T]} of the target tokens.
   *
   * @param ids {@code [B * T]} token ids, row by row
   * @param targets {@code [B * T]}, the token that follows each
   */
  public float[] tokenLosses(int[] ids, int[] targets) {
    try (INDArray losses = outputs(placeholders(ids, targets), List.of(TOKEN_LOSSES)).get(TOKEN_LOSSES)) {
      return losses.toFloatVector();
    }
  }

  private Map<String, INDArray> outputs(Map<String, INDArray> placeholders, List<String> names) {
    Map<String, String> variableOf = new LinkedHashMap<>();
    names.forEach(name -> variableOf.put(name, graph.published().get(name).name()));
    Map<String, INDArray> values = sd.output(placeholders, List.copyOf(Set.copyOf(variableOf.values())));
    Map<String, INDArray> byName = new LinkedHashMap<>();
    variableOf.forEach((name, variable) -> byName.put(name, values.get(variable)));
    placeholders.values().forEach(INDArray::close);
    return byName;
  }

  /**
   * Returns the mean cross-entropy of one batch and its gradient with respect to every trainable parameter.
   *
   * @param ids {@code [B * T]} token ids, row by row
   * @param targets {@code [B * T]}, the token that follows each
   */
  public Gradients gradients(int[] ids, int[] targets) {
    if (recorded == null) {
      sd.createGradFunction(trainable);
      List<String> outputs = new ArrayList<>(List.of(LOSS));
      for (String name : trainable) {
        gradientOf.put(name, sd.getVariable(name).getGradient().name());
      }
      outputs.addAll(gradientOf.values());
      recorded = new RecordedGraph(sd.getFunction("grad"), placeholders(ids, targets), outputs);
    } else {
      recorded.placeholder(IDS).assign(Nd4j.createFromArray(ids));
      recorded.placeholder(TARGETS).assign(Nd4j.createFromArray(targets));
      recorded.repeat();
    }
    Map<String, INDArray> gradients = new LinkedHashMap<>();
    gradientOf.forEach((name, variable) -> gradients.put(name, recorded.value(variable)));
    return new Gradients(recorded.value(LOSS).getDouble(0), gradients);
  }

  private static Map<String, INDArray> placeholders(int[] ids, int[] targets) {
    Map<String, INDArray> placeholders = new HashMap<>();
    placeholders.put(IDS, Nd4j.createFromArray(ids));
    placeholders.put(TARGETS, Nd4j.createFromArray(targets));
    return placeholders;
  }

  /** Frees what gradients were computed with; parameters are the model's and stay. */
  @Override
  public void close() {
    if (recorded != null) {
      recorded.close();
      recorded = null;
    }
  }

  /**
   * A loss and its gradients.
   *
   * @param loss mean cross-entropy in nats
   * @param byParameter parameter name to gradient, in the parameter's shape; may be modified, and is overwritten by the next call
   */
  public record Gradients(double loss, Map<String, INDArray> byParameter) {}
}
