package io.modelweave.examples.paper;

import io.modelweave.core.transformer.Gpt2Configuration;
import java.util.LinkedHashMap;
import java.util.Map;

/** How large the models are and how long they train; the recipe is the paper's, with learning rates for small models. */
enum Scale {
  SMALL(32, 4, 2, 64, 500, 400, 4e-3, 150),
  MEDIUM(48, 6, 4, 96, 400, 320, 5e-3, 100),
  LARGE(64, 6, 4, 128, 600, 500, 5e-3, 120);

  /** Windows in a training batch. */
  static final int BATCH = 16;
  static final double PRETRAINING_RATE = 3e-3;
  static final double ROUTING_RATE = 1e-2;
  /** Context for generated text, whose documents have some thirty words. */
  static final int GENERATED_CONTEXT = 48;

  private final int width;
  private final int layers;
  private final int heads;
  private final int textContext;
  private final int pretrainingSteps;
  private final int fineTuningSteps;
  private final double fineTuningRate;
  private final int routingSteps;

  Scale(int width, int layers, int heads, int textContext, int pretrainingSteps, int fineTuningSteps, double fineTuningRate, int routingSteps) {
    this.width = width;
    this.layers = layers;
    this.heads = heads;
    this.textContext = textContext;
    this.pretrainingSteps = pretrainingSteps;
    this.fineTuningSteps = fineTuningSteps;
    this.fineTuningRate = fineTuningRate;
    this.routingSteps = routingSteps;
  }

  Gpt2Configuration model(int vocabularySize, int context) {
    return Gpt2Configuration.of(vocabularySize, context, width, layers, heads);
  }

  int textContext() {
    return textContext;
  }

  int pretrainingSteps() {
    return pretrainingSteps;
  }

  int fineTuningSteps() {
    return fineTuningSteps;
  }

  double fineTuningRate() {
    return fineTuningRate;
  }

  int routingSteps() {
    return routingSteps;
  }

  /** Routing windows tried: 1 to this. */
  int largestWindow() {
    return Math.min(4, layers);
  }

  /** Returns what a report says of models and training. */
  Map<String, Object> settings() {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("model", "GPT-2 of %d blocks, width %d, %d heads".formatted(layers, width, heads));
    settings.put("pretraining", training(pretrainingSteps, PRETRAINING_RATE));
    settings.put("fine-tuning, MLPs only", training(fineTuningSteps, fineTuningRate));
    settings.put("routing, routers only", training(routingSteps, ROUTING_RATE));
    return settings;
  }

  private static String training(int steps, double rate) {
    return "AdamW, %d steps of %d windows, rate %s falling by a cosine to a tenth".formatted(steps, BATCH, rate);
  }
}
