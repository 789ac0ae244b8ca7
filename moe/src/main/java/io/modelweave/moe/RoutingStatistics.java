package io.modelweave.moe;

import io.modelweave.core.AtomicFile;
import io.modelweave.core.text.TokenBatch;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Where the tokens of a text went: per block and expert, from forward passes, accumulated in double.
 *
 * @param layers one for each block
 * @param parameters how large the model is
 * @param tokens how many positions were routed
 */
public record RoutingStatistics(List<Layer> layers, ParameterCounts parameters, long tokens) {

  /** Copies the list. */
  public RoutingStatistics {
    layers = List.copyOf(layers);
  }

  /**
   * What happened in one block.
   *
   * @param layer the block, from 0
   * @param experts its experts, in the order of the lists
   * @param load share of all assignments, kept experts alone; sums to 1
   * @param meanProbability mean of the softmax over all experts; sums to 1
   * @param meanGate mean weight of the expert's output, 0 where it is not kept
   * @param entropy mean over tokens of the entropy of the softmax, in nats, in [0, ln E]
   */
  public record Layer(int layer, List<Expert> experts, List<Double> load, List<Double> meanProbability, List<Double> meanGate,
      double entropy) {

    /** Copies the lists. */
    public Layer {
      experts = List.copyOf(experts);
      load = List.copyOf(load);
      meanProbability = List.copyOf(meanProbability);
      meanGate = List.copyOf(meanGate);
    }

    /** Returns the experts that no token was sent to, by their place in the list. */
    public List<Integer> deadExperts() {
      return IntStream.range(0, load.size()).filter(e -> load.get(e) == 0).boxed().toList();
    }

    /** Returns whether every expert was kept for every token, so that loads say nothing and gates everything. */
    boolean dense() {
      return load.stream().distinct().count() == 1;
    }

    /** Returns the largest load over the mean load, minus 1: 0 if all are equal, {@code E - 1} at most. */
    public double maximumViolation() {
      return load.stream().mapToDouble(Double::doubleValue).max().orElseThrow() * load.size() - 1;
    }

    /** Returns the share of the gates' weight that goes to experts of other layers, in [0, 1]. */
    public double leaving() {
      double all = 0;
      double others = 0;
      for (int e = 0; e < experts.size(); e++) {
        all += meanGate.get(e);
        others += experts.get(e).layer() == layer ? 0 : meanGate.get(e);
      }
      return all == 0 ? 0 : others / all;
    }
  }

  /**
   * Returns the statistics of a model on a text. Of windows that are one token longer than the context, as training takes them, the last
   * token, which is a target alone, is left out.
   *
   * @throws IllegalArgumentException if there is no batch, or one does not fit the model
   * @throws ArithmeticException naming block and token, if a probability is not a number
   */
  public static RoutingStatistics of(RoutedModel routed, Iterable<TokenBatch> batches) {
    List<RoutingCounts> counts = routed.blocks().stream().map(RoutingCounts::new).toList();
    long tokens = 0;
    for (TokenBatch window : batches) {
      TokenBatch batch = read(window, routed.languageModel().configuration().contextLength());
      List<String> names = counts.stream().flatMap(c -> c.names().stream()).toList();
      Map<String, INDArray> values = routed.languageModel().outputs(batch, names);
      counts.forEach(count -> count.add(values));
      values.values().forEach(INDArray::close);
      tokens += (long) batch.batch() * batch.length();
    }
    if (tokens == 0) {
      throw new IllegalArgumentException("no batch: statistics need at least one token");
    }
    return new RoutingStatistics(counts.stream().map(RoutingCounts::layer).toList(), routed.parameterCounts(), tokens);
  }

  private static TokenBatch read(TokenBatch window, int context) {
    return window.length() != context + 1 ? window
        : new TokenBatch(Arrays.stream(window.ids()).map(row -> Arrays.copyOf(row, context)).toArray(int[][]::new), window.sampleIds());
  }

  /** Writes one line for each block and expert, replacing a file that is there; numbers in full precision. */
  public void writeCsv(Path file) {
    StringBuilder text = new StringBuilder(
        "layer,expert,model,expert_layer,load,mean_probability,mean_gate,entropy,maximum_violation,leaving\n");
    for (Layer layer : layers) {
      for (int e = 0; e < layer.experts().size(); e++) {
        text.append(String.format(Locale.ROOT, "%d,%d,%d,%d,%s,%s,%s,%s,%s,%s%n", layer.layer(), e, layer.experts().get(e).model(),
            layer.experts().get(e).layer(), layer.load().get(e), layer.meanProbability().get(e), layer.meanGate().get(e), layer.entropy(),
            layer.maximumViolation(), layer.leaving()));
      }
    }
    AtomicFile.write(file, text.toString().replace(System.lineSeparator(), "\n").getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Writes a heat map of the loads, a row for each block and a column for each expert, as PNG, replacing a file that is there. Where every
   * expert serves every token, it shows the mean gates, since all loads are the same.
   */
  public void writePng(Path file) {
    AtomicFile.write(file, LoadPainter.paint(this));
  }

  /** Returns the blocks that have experts without a token. */
  public List<Layer> withDeadExperts() {
    return layers.stream().filter(layer -> !layer.deadExperts().isEmpty()).toList();
  }
}
