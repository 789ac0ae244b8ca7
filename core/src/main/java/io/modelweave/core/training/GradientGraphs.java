package io.modelweave.core.training;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.transformer.TransformerGraph;
import io.modelweave.core.transformer.TransformerGraph.Gradients;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The graphs of one training run: for each batch shape as many as batches are worked on at once. */
final class GradientGraphs implements AutoCloseable {

  private final LanguageModel model;
  private final Set<String> trained;
  private final Map<List<Integer>, Deque<TransformerGraph>> idle = new HashMap<>();
  private final List<TransformerGraph> all = new ArrayList<>();

  /** The gradients of one batch, valid until their graph is given back. */
  record Result(Gradients gradients, TransformerGraph graph, List<Integer> shape) {}

  GradientGraphs(LanguageModel model, Set<String> trained) {
    this.model = model;
    this.trained = trained;
  }

  /** Returns loss and gradients of one batch. */
  Result compute(TokenBatch batch) {
    int inputs = batch.length() - 1;
    model.requireTokens(batch, inputs);
    List<Integer> shape = List.of(batch.batch(), inputs);
    TransformerGraph graph = borrow(shape);
    return new Result(graph.gradients(batch.columns(0, inputs), batch.columns(1, inputs + 1)), graph, shape);
  }

  private synchronized TransformerGraph borrow(List<Integer> shape) {
    Deque<TransformerGraph> free = idle.computeIfAbsent(shape, s -> new ArrayDeque<>());
    if (!free.isEmpty()) {
      return free.pop();
    }
    TransformerGraph graph = model.trainingGraph(shape.get(0), shape.get(1), trained);
    all.add(graph);
    return graph;
  }

  /** Lets the next batch of that shape overwrite these gradients. */
  synchronized void giveBack(Result result) {
    idle.get(result.shape()).push(result.graph());
  }

  @Override
  public synchronized void close() {
    all.forEach(TransformerGraph::close);
  }
}
