package io.modelweave.merge.statistics;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.training.ParameterFilter;
import io.modelweave.core.transformer.TransformerGraph;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Gradients of a language model's log-likelihood, one sequence at a time. */
final class SequenceGradients implements AutoCloseable {

  private final LanguageModel model;
  private final Set<String> parameters;
  private final Map<Integer, TransformerGraph> graphs = new HashMap<>();

  SequenceGradients(LanguageModel model, ParameterFilter filter) {
    this.model = model;
    this.parameters = model.parameters().keySet().stream().filter(filter::trains)
        .collect(Collectors.toCollection(LinkedHashSet::new));
    if (parameters.isEmpty()) {
      throw new IllegalArgumentException("the filter names none of the model's parameters %s".formatted(model.parameters().keySet()));
    }
  }

  void empirical(TokenBatch batch, SquaredGradients squares) {
    int length = batch.length() - 1;
    model.requireTokens(batch, length);
    for (int row = 0; row < batch.batch(); row++) {
      TokenBatch one = row(batch, row);
      add(one.columns(0, length), one.columns(1, length + 1), 1, squares);
      squares.countExample();
    }
  }

  void sampled(TokenBatch batch, int draws, long seed, SquaredGradients squares) {
    int length = batch.length() - 1;
    model.requireTokens(batch, length);
    for (int row = 0; row < batch.batch(); row++) {
      int[] inputs = row(batch, row).columns(0, length);
      SplittableRandom random = new SplittableRandom(seed + squares.examples());
      double[][] logits = logits(inputs);
      for (int draw = 0; draw < draws; draw++) {
        int[] labels = new int[length];
        for (int t = 0; t < length; t++) {
          labels[t] = draw(logits[t], random);
        }
        add(inputs, labels, 1.0 / draws, squares);
      }
      squares.countExample();
    }
  }

  private static TokenBatch row(TokenBatch batch, int row) {
    return new TokenBatch(new int[][] {batch.ids()[row]});
  }

  private TransformerGraph graph(int length) {
    return graphs.computeIfAbsent(length, l -> model.trainingGraph(1, l, parameters));
  }

  /** The graph's loss is the mean over positions, the log-likelihood its sum. */
  private void add(int[] inputs, int[] targets, double weight, SquaredGradients squares) {
    double positions = inputs.length;
    squares.add(graph(inputs.length).gradients(inputs, targets).byParameter(), weight * positions * positions);
  }

  private double[][] logits(int[] inputs) {
    try (INDArray logits = graph(inputs.length).outputs(inputs, List.of(TransformerGraph.LOGITS)).get(TransformerGraph.LOGITS)) {
      return logits.toDoubleMatrix();
    }
  }

  /** Draws from softmax(logits), summed in double. */
  static int draw(double[] logits, SplittableRandom random) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit - largest);
    }
    double left = random.nextDouble() * sum;
    for (int token = 0; token < logits.length - 1; token++) {
      left -= Math.exp(logits[token] - largest);
      if (left < 0) {
        return token;
      }
    }
    return logits.length - 1;
  }

  @Override
  public void close() {
    graphs.values().forEach(TransformerGraph::close);
  }
}
