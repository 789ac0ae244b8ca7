package io.modelweave.merge.alignment;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.graph.PreprocessorVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.graph.ShiftVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.Subsampling1DLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToRnnPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.RnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;

/**
 * Follows the units of a graph from layer to layer: who makes them, which tensors they meet, and which must stay in place.
 *
 * <p>Layers whose outputs are added share their units, so labels of units are joined (union-find); label {@link #FIXED} holds what the
 * world outside sees, and whatever is joined to it stays in place.
 */
final class GraphUnits {

  private static final int FIXED = 0;

  /** Units as they flow: where in a feature vector they are, as in {@link PermutedAxis}. */
  private record Flow(int label, int outer, int inner) {

    static final Flow OUTSIDE = new Flow(FIXED, 1, 1);
  }

  /** An axis with the units that lie along it. */
  private record Met(Flow flow, String tensor, int axis) {}

  private final ComputationGraph graph;
  private final List<Integer> parents = new ArrayList<>(List.of(FIXED));
  private final List<String> names = new ArrayList<>(List.of(""));
  private final List<Integer> sizes = new ArrayList<>(List.of(0));
  private final Map<String, Flow> flows = new LinkedHashMap<>();
  private final List<Met> met = new ArrayList<>();
  private final List<String> held = new ArrayList<>();

  GraphUnits(ComputationGraph graph) {
    this.graph = graph;
    for (int index : graph.topologicalSortOrder()) {
      String name = graph.getVertices()[index].getVertexName();
      GraphVertex vertex = graph.getConfiguration().getVertices().get(name);
      flows.put(name, vertex == null ? Flow.OUTSIDE : flowOf(name, vertex)); // inputs have no configuration
    }
    graph.getConfiguration().getNetworkOutputs().forEach(name -> join(flows.get(name), Flow.OUTSIDE));
  }

  PermutationSpec spec() {
    List<PermutationGroup> groups = new ArrayList<>();
    for (int label = 1; label < parents.size(); label++) {
      if (root(label) == label) {
        int group = label;
        List<PermutedAxis> axes = met.stream().filter(m -> root(m.flow.label) == group)
            .map(m -> new PermutedAxis(m.tensor, m.axis, m.flow.outer, m.flow.inner)).toList();
        List<String> layers = flows.entrySet().stream().filter(e -> e.getValue().equals(new Flow(e.getValue().label, 1, 1)))
            .filter(e -> root(e.getValue().label) == group).map(Map.Entry::getKey).toList();
        groups.add(new PermutationGroup(names.get(label), sizes.get(label), axes, layers));
      }
    }
    return new PermutationSpec(groups, held);
  }

  private Flow flowOf(String name, GraphVertex vertex) {
    List<Flow> inputs = graph.getConfiguration().getVertexInputs().get(name).stream().map(flows::get).toList();
    if (vertex instanceof LayerVertex layer) {
      Flow input = through(inputs.get(0), layer.getPreProcessor(), name);
      return layer(name, layer.getLayerConf().getLayer(), input);
    } else if (vertex instanceof ElementWiseVertex) {
      inputs.forEach(input -> join(inputs.get(0), input));
      return inputs.get(0);
    } else if (vertex instanceof ScaleVertex || vertex instanceof ShiftVertex) {
      return inputs.get(0);
    } else if (vertex instanceof PreprocessorVertex preprocessor) {
      return through(inputs.get(0), preprocessor.getPreProcessor(), name);
    }
    return hold(name, vertex, inputs);
  }

  private Flow layer(String name, Layer layer, Flow input) {
    if (layer instanceof FrozenLayer frozen) {
      return layer(name, frozen.getLayer(), input);
    } else if (isOneOf(layer, DenseLayer.class, OutputLayer.class, RnnOutputLayer.class, EmbeddingLayer.class,
        EmbeddingSequenceLayer.class)) {
      return made(name, (FeedForwardLayer) layer, input, 0, 1);
    } else if (isOneOf(layer, ConvolutionLayer.class, Convolution1DLayer.class)) {
      return made(name, (FeedForwardLayer) layer, input, 1, 0);
    } else if (layer instanceof BatchNormalization) {
      graph.getLayer(name).paramTable().keySet().forEach(parameter -> met.add(new Met(input, name + "_" + parameter, 0)));
      return input;
    } else if (isOneOf(layer, ActivationLayer.class, DropoutLayer.class, SubsamplingLayer.class, Subsampling1DLayer.class,
        GlobalPoolingLayer.class, Upsampling2D.class, ZeroPaddingLayer.class, LossLayer.class, RnnLossLayer.class, CnnLossLayer.class)) {
      return input;
    }
    return hold(name, layer, List.of(input));
  }

  /** A layer with a matrix or kernel {@code W}, whose other parameters are one number a unit. */
  private Flow made(String name, FeedForwardLayer layer, Flow input, int inputAxis, int outputAxis) {
    Flow output = layer instanceof BaseOutputLayer ? Flow.OUTSIDE : fresh(name, Math.toIntExact(layer.getNOut()));
    for (String parameter : graph.getLayer(name).paramTable().keySet()) {
      boolean weight = parameter.equals("W");
      met.add(new Met(output, name + "_" + parameter, weight ? outputAxis : 0));
      if (weight) {
        met.add(new Met(input, name + "_" + parameter, inputAxis));
      }
    }
    return output;
  }

  private Flow through(Flow flow, @Nullable InputPreProcessor preprocessor, String name) {
    if (preprocessor == null || root(flow.label) == FIXED || preprocessor instanceof FeedForwardToRnnPreProcessor
        || preprocessor instanceof RnnToFeedForwardPreProcessor) {
      return flow;
    }
    if (preprocessor instanceof CnnToFeedForwardPreProcessor flatten && flow.outer == 1 && flow.inner == 1) {
      int area = Math.toIntExact(flatten.getInputHeight() * flatten.getInputWidth());
      return flatten.getFormat() == CNN2DFormat.NHWC ? new Flow(flow.label, area, 1) : new Flow(flow.label, 1, area);
    }
    return hold(name, preprocessor, List.of(flow));
  }

  private Flow hold(String name, Object what, List<Flow> inputs) {
    held.add("%s (%s)".formatted(name, what.getClass().getSimpleName()));
    inputs.forEach(input -> join(input, Flow.OUTSIDE));
    return Flow.OUTSIDE;
  }

  private Flow fresh(String name, int units) {
    parents.add(parents.size());
    names.add(name);
    sizes.add(units);
    return new Flow(parents.size() - 1, 1, 1);
  }

  /** Makes two flows move alike; where their layouts differ, neither moves. */
  private void join(Flow a, Flow b) {
    int left = root(a.label);
    int right = root(b.label);
    boolean alike = left == FIXED || right == FIXED || a.outer == b.outer && a.inner == b.inner && sizes.get(left).equals(sizes.get(right));
    int root = alike ? Math.min(left, right) : FIXED;
    parents.set(left, root);
    parents.set(right, root);
  }

  private int root(int label) {
    int root = label;
    while (parents.get(root) != root) {
      root = parents.get(root);
    }
    return root;
  }

  private static boolean isOneOf(Layer layer, Class<?>... kinds) {
    return IntStream.range(0, kinds.length).anyMatch(i -> kinds[i] == layer.getClass());
  }
}
