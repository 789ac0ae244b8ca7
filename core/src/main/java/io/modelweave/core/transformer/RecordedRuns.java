package io.modelweave.core.transformer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The recorded runs of one graph for one list of outputs: as many as threads have asked at once, each used by one thread at a time. */
final class RecordedRuns implements AutoCloseable {

  private final SameDiff graph;
  private final HostFunctions hostFunctions;
  private final List<String> outputs;
  private final Deque<RecordedGraph> idle = new ArrayDeque<>();
  private boolean closed;

  RecordedRuns(SameDiff graph, HostFunctions hostFunctions, List<String> outputs) {
    this.graph = graph;
    this.hostFunctions = hostFunctions;
    this.outputs = List.copyOf(outputs);
  }

  /**
   * Computes the outputs and returns them in the order of the list, each an array of its own that the caller owns.
   *
   * @param placeholders the values of all placeholders that the outputs depend on, always of the same lengths
   */
  List<INDArray> run(Map<String, int[]> placeholders) {
    RecordedGraph run = borrow();
    if (run == null) {
      run = record(placeholders);
    } else {
      placeholders.forEach(run::write);
      run.repeat();
    }
    List<INDArray> results = new ArrayList<>();
    for (String output : outputs) {
      results.add(run.value(output).dup('c'));
    }
    giveBack(run);
    return results;
  }

  private RecordedGraph record(Map<String, int[]> placeholders) {
    synchronized (graph) { // SameDiff's listeners are the graph's, not the thread's
      return new RecordedGraph(graph, hostFunctions, placeholders, outputs);
    }
  }

  private synchronized @Nullable RecordedGraph borrow() {
    return idle.poll();
  }

  private synchronized void giveBack(RecordedGraph run) {
    if (closed) {
      run.close();
    } else {
      idle.push(run);
    }
  }

  /** Frees the runs, those in use when they are given back. */
  @Override
  public synchronized void close() {
    closed = true;
    idle.forEach(RecordedGraph::close);
    idle.clear();
  }
}
