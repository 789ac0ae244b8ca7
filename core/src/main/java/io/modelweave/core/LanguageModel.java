package io.modelweave.core;

import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.transformer.Gpt2Configuration;
import io.modelweave.core.transformer.Gpt2Weights;
import io.modelweave.core.transformer.Mlp;
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
import java.util.TreeMap;
import java.util.TreeSet;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A causal language model of the GPT-2 family that runs and trains on ND4J.
 *
 * <p>It is a configuration, FLOAT parameters by Hugging Face name, and one {@link FeedForward} a block; the SameDiff graph is compiled
 * on first use of a batch shape and kept. Parameters change in place when the model is trained; {@link #copy} first to keep a snapshot.
 * Running one model from several threads at once is safe; training it is not.
 */
public final class LanguageModel implements ActivationSource<TokenBatch> {

  private static final int GRAPHS_KEPT = 4;

  private final Gpt2Configuration configuration;
  private final Map<String, INDArray> weights;
  private final List<FeedForward> feedForwards;
  private final Map<List<Integer>, TransformerGraph> graphs = new LinkedHashMap<>(8, 0.75f, true) {
    @Override
    protected boolean removeEldestEntry(Map.Entry<List<Integer>, TransformerGraph> eldest) {
      return size() > GRAPHS_KEPT;
    }
  };

  private LanguageModel(Gpt2Configuration configuration, Map<String, INDArray> weights, List<FeedForward> feedForwards) {
    this.configuration = configuration;
    this.weights = weights;
    this.feedForwards = List.copyOf(feedForwards);
  }

  private static LanguageModel ofWeights(Gpt2Configuration configuration, Map<String, INDArray> all) {
    Map<String, INDArray> weights = new LinkedHashMap<>(all);
    List<FeedForward> mlps = new ArrayList<>();
    for (int layer = 0; layer < configuration.layers(); layer++) {
      String name = "transformer.h.%d.mlp".formatted(layer);
      mlps.add(new Mlp(name, weights.remove(name + ".c_fc.weight"), weights.remove(name + ".c_fc.bias"),
          weights.remove(name + ".c_proj.weight"), weights.remove(name + ".c_proj.bias"), configuration.activation()));
    }
    return new LanguageModel(configuration, weights, mlps);
  }

  /**
   * Returns the model in a Hugging Face directory: {@code config.json} and safetensors, sharded or not. Parameters become FLOAT.
   *
   * @throws UncheckedIOException if a file cannot be read
   * @throws IllegalArgumentException if the configuration is of another architecture, or the tensors do not fit it
   */
  public static LanguageModel load(Path directory) {
    Gpt2Configuration configuration = Gpt2Configuration.read(directory);
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      return of(configuration, checkpoint);
    }
  }

  /**
   * Returns the model that a configuration and a checkpoint describe; the checkpoint's tensors are copied to FLOAT.
   *
   * @throws ModelMismatchException listing every tensor that is missing or has another shape
   */
  public static LanguageModel of(Gpt2Configuration configuration, Checkpoint checkpoint) {
    Backend.require();
    return ofWeights(configuration, Gpt2Weights.read(configuration, checkpoint));
  }

  /** Returns an untrained model, see {@link Gpt2Weights#random}; the same seed gives the same bits. */
  public static LanguageModel random(Gpt2Configuration configuration, long seed) {
    Backend.require();
    return ofWeights(configuration, Gpt2Weights.random(configuration, seed));
  }

  /** Returns the model's shape. */
  public Gpt2Configuration configuration() {
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
   * Writes {@code config.json} and {@code model.safetensors} into a directory, which transformers reads too. Each file is complete or absent.
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
   * @param names {@code block.<l>.output}, {@code block.<l>.mlp}, {@code logits}, and what the feed-forward layers publish
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
    double sum = 0;
    long count = 0;
    for (TokenBatch batch : batches) {
      requireTokens(batch, batch.length() - 1);
      float[] losses = graph(batch.batch(), batch.length() - 1)
          .tokenLosses(batch.columns(0, batch.length() - 1), batch.columns(1, batch.length()));
      for (float loss : losses) {
        sum += loss;
      }
      count += losses.length;
    }
    if (count == 0) {
      throw new IllegalArgumentException("no batch: a loss needs at least one token to predict");
    }
    return sum / count;
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
   * Returns a graph that also yields gradients of the named parameters, for windows of {@code length} inputs and targets. Level 3: what
   * {@link io.modelweave.core.training.Training} runs.
   *
   * @throws IllegalArgumentException naming the parameters that the model does not have
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
    if (inputs < 1 || inputs > configuration.contextLength()) {
      throw new IllegalArgumentException("%d positions to read, the model's context is 1 to %d; cut the sequences into shorter windows"
          .formatted(inputs, configuration.contextLength()));
    }
    if (batch.largestId() < configuration.vocabularySize()) {
      return;
    }
    int[][] ids = batch.ids();
    Map<Integer, String> wrong = new TreeMap<>();
    for (int b = 0; b < ids.length; b++) {
      for (int t = 0; t < ids[b].length; t++) {
        if (ids[b][t] >= configuration.vocabularySize()) {
          wrong.putIfAbsent(ids[b][t], "%d (sequence %d, position %d)".formatted(ids[b][t], b, t));
        }
      }
    }
    throw new IllegalArgumentException("token ids outside the vocabulary of %d: %s; was the text encoded with another tokenizer?"
        .formatted(configuration.vocabularySize(), String.join(", ", wrong.values().stream().limit(10).toList())));
  }
}
