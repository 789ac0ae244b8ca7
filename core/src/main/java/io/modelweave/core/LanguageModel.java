package io.modelweave.core;

import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.transformer.Mlp;
import io.modelweave.core.transformer.ModelWeights;
import io.modelweave.core.transformer.TransformerConfiguration;
import io.modelweave.core.transformer.TransformerGraph;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A causal language model that runs and trains on ND4J: GPT-2, Llama, Mistral, Qwen2 or GPT-NeoX (Pythia), see
 * {@link TransformerConfiguration#read}.
 *
 * <p>It is a configuration, FLOAT parameters by Hugging Face name, and one {@link FeedForward} a block; the SameDiff graph is compiled
 * on first use of a batch shape and kept. Parameters change in place when the model is trained; {@link #copy} first to keep a snapshot.
 * Running one model from several threads at once is safe; training it is not.
 */
public final class LanguageModel implements ActivationSource<TokenBatch> {

  private static final int GRAPHS_KEPT = 4;

  private final TransformerConfiguration configuration;
  private final Map<String, INDArray> weights;
  private final List<FeedForward> feedForwards;
  private final Map<List<Integer>, TransformerGraph> graphs = new LinkedHashMap<>(8, 0.75f, true) {
    @Override
    protected boolean removeEldestEntry(Map.Entry<List<Integer>, TransformerGraph> eldest) {
      return size() > GRAPHS_KEPT;
    }
  };

  private LanguageModel(TransformerConfiguration configuration, Map<String, INDArray> weights, List<FeedForward> feedForwards) {
    this.configuration = configuration;
    this.weights = weights;
    this.feedForwards = List.copyOf(feedForwards);
  }

  private static LanguageModel ofWeights(TransformerConfiguration configuration, Map<String, INDArray> all) {
    Map<String, INDArray> weights = new LinkedHashMap<>(all);
    List<FeedForward> mlps = new ArrayList<>();
    for (int layer = 0; layer < configuration.layers(); layer++) {
      Mlp mlp = configuration.feedForward(layer, weights);
      weights.keySet().removeAll(mlp.parameters().keySet());
      mlps.add(mlp);
    }
    return new LanguageModel(configuration, weights, mlps);
  }

  /**
   * Returns the model in a Hugging Face directory: {@code config.json} and safetensors, sharded or not. Parameters become FLOAT.
   *
   * @throws UncheckedIOException if a file cannot be read
   * @throws IllegalArgumentException if the configuration is of an unsupported architecture or setting, or the tensors do not fit it
   */
  public static LanguageModel load(Path directory) {
    TransformerConfiguration configuration = TransformerConfiguration.read(directory);
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      return of(configuration, checkpoint);
    }
  }

  /**
   * Returns the model that a configuration and a checkpoint describe; the checkpoint's tensors are copied to FLOAT.
   *
   * @throws ModelMismatchException listing every tensor that is missing, has another shape or is not called for, see
   *     {@link ModelWeights#read}
   */
  public static LanguageModel of(TransformerConfiguration configuration, Checkpoint checkpoint) {
    Backend.require();
    return ofWeights(configuration, ModelWeights.read(configuration, checkpoint));
  }

  /** Returns an untrained model, see {@link ModelWeights#random}; the same seed gives the same bits. */
  public static LanguageModel random(TransformerConfiguration configuration, long seed) {
    Backend.require();
    return ofWeights(configuration, ModelWeights.random(configuration, seed));
  }

  /** Returns the model's shape. */
  public TransformerConfiguration configuration() {
    return configuration;
  }

  /** Returns what sits in the MLP slot of a block, counted from 0. */
  public FeedForward feedForward(int layer) {
    return feedForwards.get(layer);
  }

  /**
   * Returns a model with other feed-forward layers and otherwise the same, shared parameters.
   *
   * @param layers one for each block
   * @throws IllegalArgumentException if their number is not {@code L}, or two name different arrays alike
   */
  public LanguageModel withFeedForwards(List<? extends FeedForward> layers) {
    if (layers.size() != configuration.layers()) {
      throw new IllegalArgumentException("%d feed-forward layers for %d blocks".formatted(layers.size(), configuration.layers()));
    }
    LanguageModel model = new LanguageModel(configuration, weights, new ArrayList<>(layers));
    model.parameters(); // refuses clashing names now rather than at the first save
    return model;
  }

  /** Returns all parameters by name: the live arrays. What several blocks share appears once. */
  public Map<String, INDArray> parameters() {
    Map<String, INDArray> all = new LinkedHashMap<>(weights);
    for (FeedForward feedForward : feedForwards) {
      feedForward.parameters().forEach((name, array) -> {
        INDArray present = all.putIfAbsent(name, array);
        if (present != null && present != array) {
          throw new IllegalArgumentException("two different arrays are named \"%s\"; name the experts of each model apart".formatted(name));
        }
      });
    }
    return Collections.unmodifiableMap(all);
  }

  /** Returns the number of parameters, shared ones counted once. */
  public long parameterCount() {
    return parameters().values().stream().mapToLong(INDArray::length).sum();
  }

  /** Returns a copy of the parameters as a checkpoint with Hugging Face names. */
  public Checkpoint checkpoint() {
    return Checkpoint.of(parameters());
  }

  /**
   * Returns an independent model with the same parameters.
   *
   * @throws IllegalStateException if a block's feed-forward layer is not the model's own MLP
   */
  public LanguageModel copy() {
    requirePlain("copied");
    Map<String, INDArray> copies = new LinkedHashMap<>();
    parameters().forEach((name, array) -> copies.put(name, array.dup()));
    return ofWeights(configuration, copies);
  }

  private void requirePlain(String verb) {
    for (int layer = 0; layer < feedForwards.size(); layer++) {
      if (!(feedForwards.get(layer) instanceof Mlp)) {
        throw new IllegalStateException("block %d holds a %s, only a model with its own MLPs can be %s"
            .formatted(layer, feedForwards.get(layer).getClass().getSimpleName(), verb));
      }
    }
  }

  /**
   * Writes {@code config.json} and {@code model.safetensors} into a directory, which transformers reads too. Each file is complete or
   * absent.
   *
   * @param directory created if absent
   * @throws IllegalStateException if a block's feed-forward layer is not the model's own MLP
   * @throws IllegalArgumentException if the directory holds a model already
   */
  public void save(Path directory) {
    requirePlain("saved in Hugging Face layout");
    try {
      Files.createDirectories(directory);
      checkpoint().write(directory.resolve("model.safetensors"));
      AtomicFile.write(directory.resolve("config.json"), configuration.toJson().getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot save the model to " + directory, e);
    }
  }

  /** Returns the logits {@code [B, T, V]} of every position; FLOAT, owned by the caller. */
  public INDArray logits(TokenBatch batch) {
    return outputs(batch, List.of(TransformerGraph.LOGITS)).get(TransformerGraph.LOGITS);
  }

  /**
   * Returns named values of one batch, each {@code [B, T, ...]}, FLOAT, owned by the caller.
   *
   * @param names {@code block.<l>.attention} and {@code .mlp} (what the branches add), {@code .residual} (what the MLP's norm reads),
   *     {@code .output}, {@code hidden} (after the final norm), {@code logits}, and what the feed-forward layers publish; also what goes
   *     into the linear layers: {@code block.<l>.attention.input} and {@code .mlp.input} (after the norms), {@code .attention.mixed} (the
   *     heads side by side, before the output projection), and, where the model's own MLP is, {@code .mlp.hidden} (before its last)
   * @throws IllegalArgumentException if a name is not known, a token id is not in the vocabulary, or the batch is longer than the context
   */
  public Map<String, INDArray> outputs(TokenBatch batch, List<String> names) {
    requireTokens(batch, batch.length());
    TransformerGraph graph = graph(batch.batch(), batch.length());
    for (String name : names) {
      if (!graph.names().contains(name) || name.equals(TransformerGraph.TOKEN_LOSSES)) {
        throw new IllegalArgumentException("no layer \"%s\"; there are %s".formatted(name, activationNames()));
      }
    }
    Map<String, INDArray> shaped = new LinkedHashMap<>();
    graph.outputs(batch.columns(0, batch.length()), names)
        .forEach((name, value) -> shaped.put(name, value.reshape(batch.batch(), batch.length(), value.size(1))));
    return shaped;
  }

  /**
   * Returns the mean cross-entropy in nats per token of predicting token {@code t + 1} from the tokens up to {@code t}, over all
   * {@code B (T - 1)} positions of all batches, summed in double.
   *
   * @param batches at least one
   * @throws IllegalArgumentException if there is no batch, a token id is not in the vocabulary, or a window is longer than the context + 1
   */
  public double loss(Iterable<TokenBatch> batches) {
    return loss(batches, BatchWorkers.single());
  }

  /**
   * Returns what {@link #loss(Iterable)} returns, to the bit, with several batches worked on at once.
   *
   * @param workers each takes the memory of one forward pass
   */
  public double loss(Iterable<TokenBatch> batches, BatchWorkers workers) {
    double[] sum = {0};
    long[] count = {0};
    workers.forEach(batches, this::tokenLosses, losses -> {
      for (float loss : losses) {
        sum[0] += loss;
      }
      count[0] += losses.length;
    });
    if (count[0] == 0) {
      throw new IllegalArgumentException("no batch: a loss needs at least one token to predict");
    }
    return sum[0] / count[0];
  }

  private float[] tokenLosses(TokenBatch batch) {
    int inputs = batch.length() - 1;
    requireTokens(batch, inputs);
    return graph(batch.batch(), inputs).tokenLosses(batch.columns(0, inputs), batch.columns(1, inputs + 1));
  }

  @Override
  public List<String> activationNames() {
    List<String> names = new ArrayList<>(graph(1, 1).names());
    names.remove(TransformerGraph.TOKEN_LOSSES);
    return names;
  }

  @Override
  public LayerOutputs run(TokenBatch batch, List<String> layers) {
    return new LayerOutputs(outputs(batch, layers), batch.sampleIds(), null);
  }

  /**
   * Returns the ids that follow a prompt, each the most probable one (of equals the smallest) after all before it.
   *
   * <p>One graph reads the padded sequence once for every new token: {@code O(tokens (prompt + tokens))} positions. Nothing is cached
   * between tokens; this is for checking and sampling small models.
   *
   * @param prompt at least one id
   * @param tokens how many to add; {@code prompt.length + tokens - 1} must fit the context
   * @throws IllegalArgumentException if the prompt is empty, holds an id outside the vocabulary, or all does not fit the context
   */
  public int[] generate(int[] prompt, int tokens) {
    if (prompt.length == 0 || tokens < 1) {
      throw new IllegalArgumentException("a prompt of %d tokens and %d to generate; both must be at least 1"
          .formatted(prompt.length, tokens));
    }
    int length = prompt.length + tokens - 1;
    TokenChecks.require(configuration, new int[][] {prompt}, length);
    return GreedyDecoding.extend(graph(1, length), prompt, tokens);
  }

  /**
   * Returns a graph that also yields gradients of the named parameters, for windows of {@code length} inputs and targets. Level 3: what
   * {@link io.modelweave.core.training.Training} runs.
   *
   * @throws IllegalArgumentException naming the parameters that the model does not have, or does not read
   */
  public TransformerGraph trainingGraph(int batch, int length, Set<String> trainable) {
    Set<String> unknown = new TreeSet<>(trainable);
    unknown.removeAll(parameters().keySet());
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException("no parameters named %s".formatted(unknown));
    }
    return new TransformerGraph(configuration, weights, feedForwards, batch, length, trainable);
  }

  private TransformerGraph graph(int batch, int length) {
    synchronized (graphs) {
      return graphs.computeIfAbsent(List.of(batch, length),
          shape -> new TransformerGraph(configuration, weights, feedForwards, batch, length, Set.of()));
    }
  }

  /**
   * Returns normally if every id of a batch is in the vocabulary and its inputs fit the context.
   *
   * @param inputs how many positions the model will read
   */
  public void requireTokens(TokenBatch batch, int inputs) {
    TokenChecks.require(configuration, batch.ids(), inputs);
  }
}
