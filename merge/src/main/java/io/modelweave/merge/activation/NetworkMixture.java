package io.modelweave.merge.activation;

import io.modelweave.core.ModelMismatchException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * Merges DL4J networks by what they compute: all run in lock-step on the same input, and at named cut points their activations are mixed,
 * {@code y = sum w_i y_i}, and every model goes on from the mixture.
 *
 * <pre>{@code
 * ComputationGraph mixed = NetworkMixture.interpolate(a, b, 0.5, "block1", "block2");
 * ComputationGraph three = NetworkMixture.of(a, b, c).at("block1", 0.2, 0.3, 0.5).at("out", 1 / 3.0, 1 / 3.0, 1 / 3.0).build();
 * }</pre>
 *
 * <p>The result is an ordinary graph that DL4J runs, evaluates and saves. The first model is the host: vertices keep its names and the
 * outputs are its own, or mixtures where an output is a cut point. Those of model i are named {@code model<i>.<name>}, a mixture
 * {@code <name>.mixed}. What no output needs, such as a model's layers after its last cut, is left out. Models may differ between the cut
 * points, where only the shapes of their activations must agree.
 *
 * <p>A model of weight 0 has no part in a mixture, so that weights 1, 0 everywhere give the host bit for bit. Parameters are copied; cost
 * of a pass: that of all models, each as far as it is needed.
 *
 * <p>Source: Pari, Jelassi and Agrawal, "Collective Model Intelligence Requires Compatible Specialization", 2024, arXiv 2411.02207,
 * section 2.2, for the MLPs of two transformers.
 */
public final class NetworkMixture {

  private final List<ComputationGraph> models;
  private final Map<String, double[]> cuts;

  private NetworkMixture(List<ComputationGraph> models, Map<String, double[]> cuts) {
    this.models = models;
    this.cuts = cuts;
  }

  /**
   * Returns a mixture of graphs without cut points yet.
   *
   * @param host the model whose outputs are the outputs
   * @param others with as many inputs
   */
  public static NetworkMixture of(ComputationGraph host, ComputationGraph... others) {
    return new NetworkMixture(Stream.concat(Stream.of(host), Arrays.stream(others)).toList(), Map.of());
  }

  /**
   * Returns a mixture of networks without cut points yet; a layer is named by its number, {@code "0"}, {@code "1"}.
   *
   * @param host the model whose output is the output
   */
  public static NetworkMixture of(MultiLayerNetwork host, MultiLayerNetwork... others) {
    Stream<MultiLayerNetwork> all = Stream.concat(Stream.of(host), Arrays.stream(others));
    return new NetworkMixture(all.map(MultiLayerNetwork::toComputationGraph).toList(), Map.of());
  }

  /**
   * Returns two graphs in one, {@code y = (1 - alpha) y_a + alpha y_b} at each cut point.
   *
   * @param alpha weight of {@code b}, in [0, 1]
   * @param cutPoints names of vertices, at least one
   * @throws IllegalArgumentException if alpha is outside [0, 1] or there is no cut point
   * @throws ModelMismatchException listing every cut point that the models do not share
   */
  public static ComputationGraph interpolate(ComputationGraph a, ComputationGraph b, double alpha, String... cutPoints) {
    return of(a, b).interpolated(alpha, cutPoints);
  }

  /**
   * Returns two networks in one, {@code y = (1 - alpha) y_a + alpha y_b} at each cut point.
   *
   * @param alpha weight of {@code b}, in [0, 1]
   * @param cutPoints numbers of layers, {@code "0"}, {@code "1"}, at least one
   * @throws IllegalArgumentException if alpha is outside [0, 1] or there is no cut point
   * @throws ModelMismatchException listing every cut point that the models do not share
   */
  public static ComputationGraph interpolate(MultiLayerNetwork a, MultiLayerNetwork b, double alpha, String... cutPoints) {
    return of(a, b).interpolated(alpha, cutPoints);
  }

  private ComputationGraph interpolated(double alpha, String... cutPoints) {
    if (!(alpha >= 0 && alpha <= 1)) {
      throw new IllegalArgumentException("alpha is %s; interpolation needs a weight of the second model in [0, 1]".formatted(alpha));
    }
    NetworkMixture mixture = this;
    for (String cut : cutPoints) {
      mixture = mixture.at(cut, 1 - alpha, alpha);
    }
    return mixture.build();
  }

  /**
   * Returns the mixture with one more cut point, or with other weights at one that it has.
   *
   * @param vertex the name of a vertex that all models have
   * @param weights one for each model, of any sign; they need not add up to 1
   * @throws IllegalArgumentException if their number is not that of the models, one is not finite, or all are 0
   */
  public NetworkMixture at(String vertex, double... weights) {
    if (weights.length != models.size() || !Arrays.stream(weights).allMatch(Double::isFinite)
        || Arrays.stream(weights).allMatch(w -> w == 0)) {
      throw new IllegalArgumentException("weights %s at \"%s\"; %d models need as many finite numbers, not all of them 0"
          .formatted(Arrays.toString(weights), vertex, models.size()));
    }
    Map<String, double[]> more = new LinkedHashMap<>(cuts);
    more.put(vertex, weights.clone());
    return new NetworkMixture(models, Collections.unmodifiableMap(more));
  }

  /**
   * Returns the graph. The models are not modified, and share nothing with it.
   *
   * @throws IllegalArgumentException if there is no cut point
   * @throws ModelMismatchException listing every cut point that a model lacks or answers with another width, and every model with another
   *     number of inputs
   */
  public ComputationGraph build() {
    if (cuts.isEmpty()) {
      throw new IllegalArgumentException("no cut point: the result would be the first model");
    }
    requireFit();
    return new MixtureGraph(models, cuts).build();
  }

  private void requireFit() {
    List<String> problems = new ArrayList<>();
    ComputationGraph host = models.get(0);
    for (int i = 0; i < models.size(); i++) {
      ComputationGraph model = models.get(i);
      if (model.getNumInputArrays() != host.getNumInputArrays()) {
        problems.add("model %d has %d inputs, model 0 has %d".formatted(i, model.getNumInputArrays(), host.getNumInputArrays()));
      }
      for (String cut : cuts.keySet()) {
        GraphVertex vertex = model.getConfiguration().getVertices().get(cut);
        if (vertex == null) {
          problems.add("model %d has no vertex \"%s\"; there are %s".formatted(i, cut, model.getConfiguration().getVertices().keySet()));
        } else if (host.getConfiguration().getVertices().containsKey(cut)
            && width(vertex) != width(host.getConfiguration().getVertices().get(cut))) {
          problems.add("model %d answers at \"%s\" with a width of %d, model 0 with %d"
              .formatted(i, cut, width(vertex), width(host.getConfiguration().getVertices().get(cut))));
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new ModelMismatchException("these networks cannot be mixed", problems);
    }
  }

  /** Returns the width that a configuration declares, or 0 where it depends on the input. */
  private static long width(GraphVertex vertex) {
    return vertex instanceof LayerVertex layer && layer.getLayerConf().getLayer() instanceof FeedForwardLayer made ? made.getNOut() : 0;
  }
}
