package io.modelweave.moe.dl4j;

import io.modelweave.core.ModelMismatchException;
import io.modelweave.moe.LayerWindow;
import io.modelweave.moe.RouterOptions;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.Adam;

/**
 * A DL4J network whose dense layers of equal input and output width route to such layers of several networks, at several depths.
 *
 * <pre>{@code
 * CrossLayerMoe moe = CrossLayerMoe.over(List.of(math, code), LayerWindow.upThenDown(2), RouterOptions.defaults());
 * List<Double> losses = moe.train(batches, 1e-2, 150);
 * }</pre>
 *
 * <p>The first network is the host: its other layers and its output layer are used. Experts are the networks' own layers, not copies,
 * and stay frozen. Every expert computes every row. Like the layers that it uses, it is for one thread at a time.
 */
public final class CrossLayerMoe {

  private final List<Layer> layers;
  private final List<RoutedDense> routed; // one for each square layer
  private final List<Integer> places; // of the square layers among all

  private CrossLayerMoe(List<Layer> layers, List<RoutedDense> routed, List<Integer> places) {
    this.layers = layers;
    this.routed = routed;
    this.places = places;
  }

  /**
   * Returns a mixture whose routers are not trained yet. Experts of a block are listed layer by layer, and within a layer network by
   * network.
   *
   * @param networks initialised; dense layers with as many inputs as outputs are counted from 0 in each
   * @param window which of those layers each routes to
   * @param options topK, renormalise, softmaxOrder, temperature, initialization and seed are used; the others must be off
   * @throws ModelMismatchException listing networks and layers that do not fit
   */
  public static CrossLayerMoe over(List<MultiLayerNetwork> networks, LayerWindow window, RouterOptions options) {
    if (networks.isEmpty()) {
      throw new IllegalArgumentException("no network to route over");
    }
    List<List<Integer>> places = networks.stream().map(CrossLayerMoe::squareLayers).toList();
    requireFit(networks, places, options);
    networks.forEach(MultiLayerNetwork::initGradientsView); // where DL4J's backward pass of a layer writes
    int count = places.get(0).size();
    List<RoutedDense> routed = new ArrayList<>();
    for (int block = 0; block < count; block++) {
      routed.add(routedLayer(networks, places, window.of(block, count), block, options));
    }
    return new CrossLayerMoe(List.of(networks.get(0).getLayers()), routed, places.get(0));
  }

  private static RoutedDense routedLayer(List<MultiLayerNetwork> networks, List<List<Integer>> places, List<Integer> window, int block,
      RouterOptions options) {
    List<Layer> experts = new ArrayList<>();
    List<Boolean> own = new ArrayList<>();
    for (int layer : window) {
      if (layer < 0 || layer >= places.get(0).size()) {
        throw new IllegalArgumentException("the window of block %d is %s; there are layers 0 to %d"
            .formatted(block, window, places.get(0).size() - 1));
      }
      for (int n = 0; n < networks.size(); n++) {
        experts.add(networks.get(n).getLayer(places.get(n).get(layer)));
        own.add(layer == block);
      }
    }
    if (options.topK() > experts.size()) {
      throw new IllegalArgumentException("topK is %d, block %d has %d experts".formatted(options.topK(), block, experts.size()));
    }
    int width = Math.toIntExact(width(networks.get(0), places.get(0).get(block)));
    return new RoutedDense("block " + block, options.initialization().weights(experts.size(), width, options.seed() + block),
        options.initialization().offsets(own), options.temperature(), options.topK() == 0 ? experts.size() : options.topK(),
        options.renormalise() || options.softmaxOrder() == RouterOptions.SoftmaxOrder.AFTER_TOP_K, experts);
  }

  private static List<Integer> squareLayers(MultiLayerNetwork network) {
    return IntStream.range(0, network.getnLayers()).filter(i -> network.getLayer(i).conf().getLayer() instanceof DenseLayer dense
        && dense.getNIn() == dense.getNOut()).boxed().toList();
  }

  private static long width(MultiLayerNetwork network, int layer) {
    return ((DenseLayer) network.getLayer(layer).conf().getLayer()).getNIn();
  }

  private static void requireFit(List<MultiLayerNetwork> networks, List<List<Integer>> places, RouterOptions options) {
    List<String> problems = new ArrayList<>();
    if (places.get(0).isEmpty()) {
      problems.add("the host (network 0) has no dense layer with as many inputs as outputs");
    }
    for (int n = 0; n < networks.size(); n++) {
      if (places.get(n).size() != places.get(0).size()) {
        problems.add("network %d has %d dense layers of equal width, the host %d".formatted(n, places.get(n).size(), places.get(0).size()));
      }
      for (int place : places.get(n)) {
        if (width(networks.get(n), place) != width(networks.get(0), places.get(0).get(0))) {
          problems.add("layer %d of network %d has width %d, the host %d".formatted(place, n, width(networks.get(n), place),
              width(networks.get(0), places.get(0).get(0))));
        }
      }
      if (networks.get(n).params().dataType() != DataType.FLOAT) {
        problems.add("network %d has %s parameters, FLOAT is needed".formatted(n, networks.get(n).params().dataType()));
      }
    }
    if (!networks.get(0).getLayerWiseConfigurations().getInputPreProcessors().isEmpty()) {
      problems.add("the host has input preprocessors; a network of dense layers needs none");
    }
    if (!(networks.get(0).getOutputLayer() instanceof IOutputLayer)) {
      problems.add("the host's last layer is no output layer");
    }
    RouterOptions used = RouterOptions.defaults().withTopK(options.topK()).withRenormalise(options.renormalise())
        .withSoftmaxOrder(options.softmaxOrder()).withTemperature(options.temperature())
        .withInitialization(options.initialization(), options.seed());
    if (!options.equals(used)) {
      problems.add("the options ask for jitter, hidden units, one shared router, losses or balancing, which only language models have");
    }
    if (!problems.isEmpty()) {
      throw new ModelMismatchException("these networks cannot be routed over", problems);
    }
  }

  /** Returns the router weights {@code [E, d]} of a routed layer: the live array. */
  public INDArray router(int block) {
    return routed.get(block).weight();
  }

  /** Returns the output layer's activations {@code [n, out]} for features {@code [n, in]}; owned by the caller. */
  public INDArray output(INDArray features) {
    return layers.get(layers.size() - 1).activate(hidden(features), false, LayerWorkspaceMgr.noWorkspaces()).dup('c');
  }

  private INDArray hidden(INDArray features) {
    INDArray x = features;
    for (int layer = 0; layer < layers.size() - 1; layer++) {
      int block = places.indexOf(layer);
      x = block >= 0 ? routed.get(block).forward(x) : layers.get(layer).activate(x, false, LayerWorkspaceMgr.noWorkspaces()).dup('c');
    }
    return x;
  }

  /** Returns the output layer's loss, the mean over the rows. */
  public double score(DataSet batch) {
    return score(hidden(batch.getFeatures()), batch);
  }

  private double score(INDArray hidden, DataSet batch) {
    Layer last = layers.get(layers.size() - 1);
    last.setInput(hidden, LayerWorkspaceMgr.noWorkspaces());
    ((IOutputLayer) last).setLabels(batch.getLabels());
    last.setInputMiniBatchSize(batch.numExamples());
    return ((IOutputLayer) last).computeScore(0, false, LayerWorkspaceMgr.noWorkspaces());
  }

  /**
   * Trains the routers in place with Adam and returns every step's loss before its update. Networks stay as they are.
   *
   * @param batches read from the start again when they end
   * @throws IllegalArgumentException if there is no batch, or the routers keep one expert whose weight is always 1
   */
  public List<Double> train(Iterable<DataSet> batches, double learningRate, int steps) {
    if (routed.stream().anyMatch(RoutedDense::isConstant)) {
      throw new IllegalArgumentException("the routers keep one expert and renormalise its weight to 1,"
          + " so their gradient is zero; use a larger topK or no renormalisation");
    }
    Adam adam = new Adam(learningRate);
    List<GradientUpdater<?>> updaters = new ArrayList<>();
    routed.forEach(r -> updaters.add(adam.instantiate(Nd4j.create(DataType.FLOAT, 1, adam.stateSize(r.weight().length())), true)));
    List<Double> losses = new ArrayList<>();
    Iterator<DataSet> source = batches.iterator();
    for (int step = 0; step < steps; step++) {
      if (!source.hasNext()) {
        source = batches.iterator();
      }
      if (!source.hasNext()) {
        throw new IllegalArgumentException("no batch to train on");
      }
      List<INDArray> gradients = new ArrayList<>();
      losses.add(gradients(source.next(), gradients));
      for (int r = 0; r < routed.size(); r++) {
        INDArray flat = gradients.get(r).reshape('c', 1, gradients.get(r).length());
        updaters.get(r).applyUpdater(flat, step, 0);
        routed.get(r).weight().subi(flat.reshape('c', routed.get(r).weight().shape()));
      }
    }
    return losses;
  }

  /** Returns the loss of a batch and adds the gradient of each router's weights to an empty list. */
  double gradients(DataSet batch, List<INDArray> gradients) {
    double loss = score(hidden(batch.getFeatures()), batch);
    routed.forEach(r -> gradients.add(Nd4j.create(DataType.FLOAT, r.weight().shape())));
    INDArray dx = layers.get(layers.size() - 1).backpropGradient(Nd4j.empty(DataType.FLOAT), LayerWorkspaceMgr.noWorkspaces()).getSecond()
        .div(batch.numExamples()); // DL4J's is of the sum over rows
    for (int layer = layers.size() - 2; layer >= places.get(0); layer--) {
      int block = places.indexOf(layer);
      dx = block >= 0 ? routed.get(block).backward(dx, gradients.get(block))
          : layers.get(layer).backpropGradient(dx, LayerWorkspaceMgr.noWorkspaces()).getSecond();
    }
    return loss;
  }
}
