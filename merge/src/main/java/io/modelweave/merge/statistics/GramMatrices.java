package io.modelweave.merge.statistics;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.transformer.Mlp;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The second moments of what goes into the linear layers of one model, {@code G = X^T X / n} for inputs {@code X [n, d]}.
 *
 * <p>All that {@link RegMean} needs to know of a model's data; the data itself need not be shared.
 *
 * @param byWeight Gram matrix by the name of the layer's weight tensor
 */
public record GramMatrices(Map<String, Gram> byWeight) {

  /**
   * The second moments of the inputs of one layer.
   *
   * @param matrix {@code [d, d]}, row after row, symmetric
   * @param width {@code d}
   * @param rows {@code n}, how many inputs were averaged
   * @param inputAxis the axis of the weight tensor along which the inputs lie: 0 for {@code [in, out]} as in DL4J and GPT-2, 1 for
   *     {@code [out, in]} as in PyTorch
   */
  public record Gram(double[] matrix, int width, long rows, int inputAxis) {

    /**
     * Checks the sizes; the matrix is not copied.
     *
     * @throws IllegalArgumentException if the matrix is not square or the axis is not 0 or 1, or there is no row
     */
    public Gram {
      if (matrix.length != (long) width * width || rows < 1 || inputAxis != 0 && inputAxis != 1) {
        throw new IllegalArgumentException("not a Gram matrix: %d numbers for width %d, %d rows, input axis %d"
            .formatted(matrix.length, width, rows, inputAxis));
      }
    }

    /**
     * Returns the second moments of inputs.
     *
     * @param inputs {@code [n, d]}; not modified
     */
    public static Gram of(INDArray inputs, int inputAxis) {
      long rows = inputs.size(0);
      INDArray wide = inputs.castTo(DataType.DOUBLE); // itself, if it is DOUBLE
      try (INDArray product = wide.transpose().mmul(wide).divi(rows);
          INDArray ordered = product.dup('c')) {
        return new Gram(ordered.reshape(ordered.length()).toDoubleVector(), Math.toIntExact(inputs.size(1)), rows, inputAxis);
      } finally {
        if (wide != inputs) {
          wide.close();
        }
      }
    }

    /** Returns the same numbers, shared, for a weight whose inputs lie along another axis. */
    Gram along(int axis) {
      return new Gram(matrix, width, rows, axis);
    }

    /** Returns the second moments of both sets of inputs. */
    Gram and(Gram other) {
      double share = (double) rows / (rows + other.rows);
      double[] both = new double[matrix.length];
      for (int i = 0; i < both.length; i++) {
        both[i] = share * matrix[i] + (1 - share) * other.matrix[i];
      }
      return new Gram(both, width, rows + other.rows, inputAxis);
    }
  }

  /** Copies the map. */
  public GramMatrices {
    byWeight = Collections.unmodifiableMap(new LinkedHashMap<>(byWeight));
  }

  /**
   * Returns the Gram matrices of the dense and output layers of a network.
   *
   * @param batches inputs {@code [N, ...]}; not modified
   * @throws IllegalArgumentException if there is no batch, or no dense layer
   */
  public static GramMatrices of(MultiLayerNetwork network, Iterable<INDArray> batches) {
    return of(network.toComputationGraph(), batches);
  }

  /**
   * Returns the Gram matrices of the dense and output layers of a graph.
   *
   * @param batches inputs {@code [N, ...]} of the graph's one input; not modified
   * @throws IllegalArgumentException if there is no batch, no dense layer, or more than one input
   */
  public static GramMatrices of(ComputationGraph graph, Iterable<INDArray> batches) {
    if (graph.getNumInputArrays() != 1) {
      throw new IllegalArgumentException("the graph has %d inputs; Gram matrices are gathered of graphs with one"
          .formatted(graph.getNumInputArrays()));
    }
    Map<String, Gram> byWeight = new LinkedHashMap<>();
    for (INDArray batch : batches) {
      Map<String, INDArray> activations = graph.feedForward(new INDArray[] {batch}, false);
      graph.getConfiguration().getVertices().forEach((name, vertex) -> {
        if (vertex instanceof LayerVertex layer && isLinear(layer)) {
          INDArray input = activations.get(graph.getConfiguration().getVertexInputs().get(name).get(0));
          INDArray rows = layer.getPreProcessor() == null ? input
              : layer.getPreProcessor().preProcess(input, Math.toIntExact(batch.size(0)), LayerWorkspaceMgr.noWorkspaces());
          if (rows.rank() == 2) {
            byWeight.merge(name + "_W", Gram.of(rows, 0), Gram::and);
          }
        }
      });
    }
    return required(byWeight);
  }

  /**
   * Returns the Gram matrices of all linear layers of a language model: the projections of attention and MLP in every block, and the head
   * where it is not the embedding. Every token is an input. What layers share as input, such as query, key and value, is kept once.
   *
   * @param batches all tokens are read, unlike for a loss, so that a row may be as long as the model's context
   * @throws IllegalArgumentException if there is no batch, or naming every block that holds anything but the model's own MLP
   */
  public static GramMatrices of(LanguageModel model, Iterable<TokenBatch> batches) {
    requireOwnMlps(model);
    List<LinearLayer> layers = LinearLayer.of(model.configuration());
    List<String> inputs = layers.stream().map(LinearLayer::input).distinct().toList();
    Map<String, Gram> byInput = new HashMap<>();
    for (TokenBatch batch : batches) {
      model.outputs(batch, inputs).forEach((input, value) -> {
        byInput.merge(input, Gram.of(value.reshape(-1, value.size(2)), 0), Gram::and);
        value.close();
      });
    }
    Map<String, Gram> byWeight = new LinkedHashMap<>();
    if (!byInput.isEmpty()) {
      layers.forEach(layer -> byWeight.put(layer.weight(), byInput.get(layer.input()).along(layer.inputAxis())));
    }
    return required(byWeight);
  }

  private static void requireOwnMlps(LanguageModel model) {
    List<String> problems = new ArrayList<>();
    for (int layer = 0; layer < model.configuration().layers(); layer++) {
      if (!(model.feedForward(layer) instanceof Mlp)) {
        problems.add("block %d holds a %s".formatted(layer, model.feedForward(layer).getClass().getSimpleName()));
      }
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException("Gram matrices are gathered of models with their own MLPs, but " + String.join(", ", problems));
    }
  }

  private static boolean isLinear(LayerVertex vertex) {
    Class<?> kind = vertex.getLayerConf().getLayer().getClass();
    return kind == DenseLayer.class || kind == OutputLayer.class;
  }

  private static GramMatrices required(Map<String, Gram> byWeight) {
    if (byWeight.isEmpty()) {
      throw new IllegalArgumentException("no Gram matrix: give at least one batch and a model with dense layers");
    }
    return new GramMatrices(byWeight);
  }
}
