package io.modelweave.core.transformer;

import io.modelweave.core.Backend;
import io.modelweave.core.FeedForward;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A decoder as a SameDiff graph for one batch shape: hidden states, logits, token losses, and gradients of chosen parameters.
 *
 * <p>Weights are shared with the model, not copied, so that training in place is seen here. Outputs and losses may be asked for
 * from several threads at once, gradients from one.
 */
public final class TransformerGraph implements AutoCloseable {

  /** Published: {@code [N, d]}, the residual stream after the final norm. */
  public static final String HIDDEN = "hidden";
  /** Published: {@code [N, V]}. */
  public static final String LOGITS = "logits";
  /** Published: {@code [N]}, cross-entropy in nats of each target token. */
  public static final String TOKEN_LOSSES = "tokenLosses";

  static final String IDS = "ids";
  static final String TARGETS = "targets";
  private static final String LOSS = "loss";
  private static final String OBJECTIVE = "objective";
  private static final int RUNS_KEPT = 2; // losses, and one set of activations

  private final int batch;
  private final int length;
  private final HostFunctions hostFunctions;
  private final BlockGraph graph;
  private final SameDiff sd;
  private final String[] trainable;
  private final Map<String, String> gradientOf = new LinkedHashMap<>();
  private final Map<List<String>, RecordedRuns> runs = new LinkedHashMap<>(4, 0.75f, true) {
    @Override
    protected boolean removeEldestEntry(Map.Entry<List<String>, RecordedRuns> eldest) {
      if (size() <= RUNS_KEPT) {
        return false;
      }
      eldest.getValue().close();
      return true;
    }
  };
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
  public TransformerGraph(TransformerConfiguration configuration, Map<String, INDArray> weights, List<FeedForward> feedForwards, int batch,
      int length, Set<String> trainable) {
    this(configuration, weights, feedForwards, batch, length, trainable, Backend.usesHostCode());
  }

  /**
   * Builds the graph.
   *
   * @param onHost whether Java code computes what lies between the matrix products, or ND4J's operations do
   */
  TransformerGraph(TransformerConfiguration configuration, Map<String, INDArray> weights, List<FeedForward> feedForwards, int batch,
      int length, Set<String> trainable, boolean onHost) {
    this.batch = batch;
    this.length = length;
    this.sd = SameDiff.create();
    this.hostFunctions = new HostFunctions(onHost);
    this.graph = new BlockGraph(sd, trainable, batch * length, configuration.width(), hostFunctions);
    this.trainable = trainable.toArray(String[]::new);
    build(configuration, weights, feedForwards);
  }

  private void build(TransformerConfiguration configuration, Map<String, INDArray> weights, List<FeedForward> feedForwards) {
    SDVariable ids = sd.placeHolder(IDS, DataType.INT32, (long) batch * length);
    SDVariable targets = sd.placeHolder(TARGETS, DataType.INT32, (long) batch * length);
    SDVariable logits = Decoder.of(configuration, weights, graph, batch, length).build(ids, feedForwards);
    SDVariable tokenLosses = TokenLosses.build(graph, logits, targets, configuration.vocabularySize());
    graph.publish(TOKEN_LOSSES, tokenLosses);
    SDVariable loss = sd.mean(LOSS, tokenLosses);
    sd.setLossVariables(graph.penalties().stream().reduce(SDVariable::add).map(sum -> loss.add(OBJECTIVE, sum)).orElse(loss).name());
  }

  /**
   * Returns the names that {@link #outputs} knows: {@code block.<l>.attention}, {@code .residual}, {@code .mlp} and {@code .output} of each
   * block, {@code hidden}, {@code logits}, and what feed-forward layers publish.
   */
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
    List<INDArray> values = runs(List.copyOf(names)).run(Map.of(IDS, ids));
    Map<String, INDArray> byName = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      byName.put(names.get(i), values.get(i));
    }
    return byName;
  }

  /**
   * Returns the cross-entropies in nats {@code [B * T]} of the target tokens.
   *
   * @param ids {@code [B * T]} token ids, row by row
   * @param targets {@code [B * T]}, the token that follows each
   */
  public float[] tokenLosses(int[] ids, int[] targets) {
    try (INDArray losses = runs(List.of(TOKEN_LOSSES)).run(Map.of(IDS, ids, TARGETS, targets)).get(0)) {
      return losses.toFloatVector();
    }
  }

  private RecordedRuns runs(List<String> names) {
    synchronized (runs) {
      return runs.computeIfAbsent(names,
          n -> new RecordedRuns(sd, hostFunctions, n.stream().map(name -> graph.published().get(name).name()).toList()));
    }
  }

  /**
   * Returns the mean cross-entropy of one batch, and the gradient of it and of the {@link BlockGraph#penalise penalties} with respect to
   * every trainable parameter.
   *
   * @param ids {@code [B * T]} token ids, row by row
   * @param targets {@code [B * T]}, the token that follows each
   */
  public Gradients gradients(int[] ids, int[] targets) {
    Map<String, int[]> inputs = Map.of(IDS, ids, TARGETS, targets);
    if (recorded == null) {
      sd.createGradFunction(trainable);
      List<String> outputs = new ArrayList<>(List.of(LOSS));
      for (String name : trainable) {
        gradientOf.put(name, sd.getVariable(name).getGradient().name());
      }
      outputs.addAll(gradientOf.values());
      recorded = new RecordedGraph(sd.getFunction("grad"), hostFunctions, inputs, outputs);
    } else {
      inputs.forEach(recorded::write);
    }
    // The recorded pass too: some sums are rounded differently when it is repeated, and bits must not depend on when a graph was made.
    recorded.repeat();
    Map<String, INDArray> gradients = new LinkedHashMap<>();
    gradientOf.forEach((name, variable) -> gradients.put(name, recorded.value(variable)));
    return new Gradients(recorded.value(LOSS).getDouble(0), gradients);
  }

  /** Frees what values and gradients were computed with; parameters are the model's and stay. */
  @Override
  public void close() {
    synchronized (runs) {
      runs.values().forEach(RecordedRuns::close);
      runs.clear();
    }
    if (recorded != null) {
      recorded.close();
      recorded = null;
    }
    hostFunctions.close();
  }

  /**
   * A loss and its gradients.
   *
   * @param loss mean cross-entropy in nats
   * @param byParameter parameter name to gradient, in the parameter's shape; may be modified, and is overwritten by the next call
   */
  public record Gradients(double loss, Map<String, INDArray> byParameter) {}
}
