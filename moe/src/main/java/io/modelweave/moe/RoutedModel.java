package io.modelweave.moe;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A language model whose blocks route over shared experts, see {@link CrossLayerRouter}. */
public final class RoutedModel {

  private final List<LanguageModel> models;
  private final RouterOptions options;
  private final List<RoutedFeedForward> blocks;
  private final LanguageModel model;

  RoutedModel(List<LanguageModel> models, RouterOptions options, List<RoutedFeedForward> blocks) {
    this.models = List.copyOf(models);
    this.options = options;
    this.blocks = List.copyOf(blocks);
    this.model = models.get(0).withFeedForwards(blocks);
  }

  /**
   * Returns the whole as a language model: logits, activations, and per block {@code block.<l>.router.probabilities} and {@code .gates}
   * {@code [B, T, E]}, and {@code .input} {@code [B, T, d]}, what router and experts read.
   */
  public LanguageModel languageModel() {
    return model;
  }

  /** Returns the models whose experts there are, the host first. */
  public List<LanguageModel> models() {
    return models;
  }

  /** Returns how the routers score, choose and weigh; {@code topK} is 0 where each block keeps all of its experts. */
  public RouterOptions options() {
    return options;
  }

  /**
   * Returns the logits {@code [B, T, V]}.
   *
   * @throws ArithmeticException naming the first block whose router gives NaN, if one does
   */
  public INDArray logits(TokenBatch batch) {
    INDArray logits = model.logits(batch);
    if (!Double.isFinite(logits.sumNumber().doubleValue())) {
      requireProbabilities(batch);
    }
    return logits;
  }

  /**
   * Returns the mean cross-entropy in nats per token, see {@link LanguageModel#loss}.
   *
   * @throws ArithmeticException naming the first block whose router gives NaN, if one does
   */
  public double loss(Iterable<TokenBatch> batches) {
    double loss = model.loss(batches);
    if (Double.isNaN(loss)) {
      batches.forEach(this::requireProbabilities);
    }
    return loss;
  }

  private void requireProbabilities(TokenBatch batch) {
    for (RoutedFeedForward block : blocks) {
      String name = "block.%d.router.probabilities".formatted(block.layer());
      try (INDArray probabilities = model.outputs(batch, List.of(name)).get(name)) {
        if (Double.isNaN(probabilities.sumNumber().doubleValue())) {
          throw new ArithmeticException(("block %d: the router's probabilities are not numbers; look for NaN or infinity in \"%s\""
              + " and in what comes before the block")
              .formatted(block.layer(), block.router().weightName()));
        }
      }
    }
  }

  /** Returns the router weights {@code [E, d]} of a block: the live array, one row an expert in the order of {@link #experts}. */
  public INDArray router(int layer) {
    return blocks.get(layer).router().weight();
  }

  /** Returns the experts of a block. */
  public List<Expert> experts(int layer) {
    return blocks.get(layer).experts();
  }

  /** Returns the number of parameters that {@link RouterTraining} trains. */
  public long routerParameterCount() {
    return routerParameters().values().stream().mapToLong(INDArray::length).sum();
  }

  /** Returns how many parameters there are and how many a token passes. */
  public ParameterCounts parameterCounts() {
    return ParameterCounts.of(this);
  }

  /**
   * Sets the routers from prompts that are typical of each model: the row of an expert is the unit vector from the mean of what the
   * router reads on all prompts to its mean on the prompts of the expert's model, block after block.
   *
   * <p>Source: the hidden-state gates of mergekit, 2024, here on what the router really reads, normalised and over all tokens.
   *
   * @param prompts for each model, in the order of {@link #models}
   * @throws IllegalArgumentException if a model has no prompts, or prompts do not differ, naming block and model
   */
  public void initializeFromPrompts(List<? extends Iterable<TokenBatch>> prompts) {
    PromptInitialization.run(this, prompts);
  }

  /**
   * Writes the routers, their options, and all models that experts come from, whole.
   *
   * @param directory created if absent
   * @throws java.io.UncheckedIOException if it holds a routed model already, or cannot be written
   */
  public void save(Path directory) {
    RoutedFiles.saveBundle(this, directory);
  }

  /**
   * Writes the routers, their options, and where the experts are; {@link #load} checks that they are still the same.
   *
   * @param directory created if absent
   * @param checkpoints the directories that the models were loaded from, the host's first
   * @throws java.io.UncheckedIOException if it holds a routed model already, or cannot be written
   */
  public void save(Path directory, List<Path> checkpoints) {
    RoutedFiles.saveReferences(this, directory, checkpoints);
  }

  /**
   * Returns a model that {@link #save} wrote.
   *
   * @throws java.io.UncheckedIOException if a file cannot be read
   * @throws IllegalArgumentException if a file is not what was written, or a referenced model has other MLPs than it had
   */
  public static RoutedModel load(Path directory) {
    return RoutedFiles.load(directory);
  }

  /**
   * Writes a mixture of each block's own MLPs, window 1, of Llama, Mistral or Qwen2 models as the mixture-of-experts model of transformers
   * that computes the same, see {@link MixtureLayout}.
   *
   * @param directory created if absent
   * @throws io.modelweave.core.ModelMismatchException listing all that the layout cannot express
   * @throws java.io.UncheckedIOException if there is a model already, or it cannot be written
   */
  public void export(Path directory, MixtureLayout layout) {
    MixtureExport.write(this, directory, layout);
  }

  List<RoutedFeedForward> blocks() {
    return blocks;
  }

  /** Returns the routers' arrays by name, biases of balancing included. */
  Map<String, INDArray> routerParameters() {
    Map<String, INDArray> all = new LinkedHashMap<>();
    blocks.forEach(block -> all.putAll(block.router().parameters()));
    return all;
  }

  Set<String> trainedNames() {
    return blocks.stream().flatMap(block -> block.router().trained().keySet().stream())
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  Set<String> expertNames() {
    return blocks.stream().flatMap(block -> block.experts().stream()).flatMap(expert -> expert.mlp().parameters().keySet().stream())
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** Moves the biases of balancing by what was chosen since the last call. */
  void balance() {
    for (RoutedFeedForward block : blocks) {
      INDArray biases = block.router().balance();
      if (biases != null && block.layer() == block.router().block()) { // a shared router is balanced once
        block.load().balance(biases, options.balanceRate());
      }
    }
  }

  /**
   * Returns the blocks whose router cannot learn: one expert kept and its probability renormalised to 1, a constant without a gradient.
   */
  List<Integer> blocksWithoutGradient() {
    List<Integer> constant = new ArrayList<>();
    for (RoutedFeedForward block : blocks) {
      if (block.topK() == 1 && options.sumsToOne()) {
        constant.add(block.layer());
      }
    }
    return constant;
  }
}
