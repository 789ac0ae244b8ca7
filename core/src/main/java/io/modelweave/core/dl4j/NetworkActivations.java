package io.modelweave.core.dl4j;

import io.modelweave.core.ActivationSource;
import io.modelweave.core.ArrayMemory;
import io.modelweave.core.LayerOutputs;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * The layers of a DL4J network as a source of activations.
 *
 * <pre>{@code
 * Activations activations = ActivationRecorder.of(NetworkActivations.of(network).overDataSets()).layers("1", "2").record(dataSets);
 * }</pre>
 *
 * <p>Layers are named as in {@link NetworkWeights}: by number in a {@link MultiLayerNetwork} ({@code "0"}), by vertex in a
 * {@link ComputationGraph}. The values are those of {@code feedForward} at inference, without dropout, in this library's order of axes:
 * <ul>
 *   <li>rows {@code [B, d]} as they are;
 *   <li>sequences {@code [B, d, T]} (NCW, DL4J's default) and {@code [B, T, d]} (NWC) as {@code [B, T, d]}; the format is the one that
 *       the layer declares, or else the layer before it;
 *   <li>images {@code [B, c, h, w]} as one row {@code [B, c * h * w]} a sample, or, {@linkplain #imagesAsTokens on request}, as
 *       {@code h * w} positions {@code [B, h * w, c]}, whose mean is global average pooling; other ranks as one row a sample.
 * </ul>
 * Labels are ignored; a feature mask is given to the network and to the pooling. One batch runs at a time.
 *
 * @param <I> a batch: features, a data set or a multi data set
 */
public final class NetworkActivations<I> implements ActivationSource<I> {

  private final ForwardPass network;
  private final Map<String, LayerFormat> formats;
  private final Function<? super I, NetworkInput> reader;
  private final boolean imagesAsTokens;

  private NetworkActivations(ForwardPass network, Function<? super I, NetworkInput> reader, boolean imagesAsTokens) {
    this.network = network;
    this.formats = network.formats();
    this.reader = reader;
    this.imagesAsTokens = imagesAsTokens;
  }

  /**
   * Returns the layers of a network over feature arrays.
   *
   * @throws IllegalArgumentException if the network is not initialised
   */
  public static NetworkActivations<INDArray> of(MultiLayerNetwork network) {
    NetworkWeights.requireInitialised(network);
    return new NetworkActivations<>(new LayerStackPass(network), features -> NetworkInput.of(features, null), false);
  }

  /**
   * Returns the vertices of a graph of one input over feature arrays; take {@link #overMultiDataSets} for more inputs.
   *
   * @throws IllegalArgumentException if the graph is not initialised
   */
  public static NetworkActivations<INDArray> of(ComputationGraph graph) {
    NetworkWeights.requireInitialised(graph);
    return new NetworkActivations<>(new VertexGraphPass(graph), features -> NetworkInput.of(features, null), false);
  }

  /** Returns the same layers over data sets, whose features and feature masks are used. */
  public NetworkActivations<DataSet> overDataSets() {
    return new NetworkActivations<>(network, set -> NetworkInput.of(set.getFeatures(), set.getFeaturesMaskArray()), imagesAsTokens);
  }

  /** Returns the same layers over multi data sets, whose features and feature masks are used. */
  public NetworkActivations<MultiDataSet> overMultiDataSets() {
    return new NetworkActivations<>(network, set -> NetworkInput.of(set.getFeatures(), set.getFeaturesMaskArrays()), imagesAsTokens);
  }

  /** Returns the same layers with the pixels of images as positions {@code [B, h * w, c]}, so that poolings apply to them. */
  public NetworkActivations<I> imagesAsTokens() {
    return new NetworkActivations<>(network, reader, true);
  }

  @Override
  public List<String> activationNames() {
    return List.copyOf(formats.keySet());
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException also if the number of feature arrays is wrong, or a mask is not {@code [B, T]}
   */
  @Override
  public LayerOutputs run(I batch, List<String> layers) {
    List<String> names = activationNames();
    List<String> unknown = layers.stream().filter(layer -> !names.contains(layer)).toList();
    if (layers.isEmpty() || !unknown.isEmpty()) {
      throw new IllegalArgumentException("no layer %s; there are %s".formatted(layers.isEmpty() ? "was asked for" : unknown, names));
    }
    NetworkInput input = reader.apply(batch);
    input.require(network.inputs());
    String last = layers.stream().max((a, b) -> Integer.compare(names.indexOf(a), names.indexOf(b))).orElseThrow();
    Map<String, INDArray> values;
    synchronized (network) {
      values = network.run(input.features(), input.masks(), last);
    }
    Map<String, INDArray> rows = new LinkedHashMap<>();
    layers.forEach(layer -> rows.put(layer, formats.get(layer).toRows(values.get(layer), imagesAsTokens)));
    free(values, input.features());
    boolean positions = rows.values().stream().anyMatch(value -> value.rank() == 3);
    return new LayerOutputs(rows, List.of(), positions ? input.mask() : null);
  }

  private static void free(Map<String, INDArray> values, INDArray[] features) {
    for (INDArray value : values.values()) {
      if (Arrays.stream(features).noneMatch(feature -> ArrayMemory.shared(feature, value))) {
        ArrayMemory.free(value);
      }
    }
  }
}
