package io.modelweave.core.dl4j;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.nn.updater.UpdaterBlock.ParamState;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The state of a network's updater, parameter by parameter.
 *
 * <p>DL4J keeps the state of neighbouring parameters with one updater in one flat block: all first moments, then all second moments. Here
 * it is cut up by parameter and shaped like it: {@code updater.0_W.M}, {@code updater.0_W.V}.
 */
final class UpdaterState {

  /** What the names of all tensors of updater state begin with. */
  static final String PREFIX = "updater.";

  private UpdaterState() {}

  /**
   * Returns views of the state, sorted by parameter as in the table and then by the name that the updater gives its state.
   *
   * @param parameters the network's table of parameters: views of one flat array
   */
  static Map<String, INDArray> views(BaseMultiLayerUpdater<?> updater, Map<String, INDArray> parameters) {
    Map<Long, String> nameAt = new HashMap<>();
    parameters.forEach((name, view) -> nameAt.put(view.offset(), name));
    Map<String, Map<String, INDArray>> byParameter = new HashMap<>();
    for (UpdaterBlock block : updater.getUpdaterBlocks()) {
      Map<String, INDArray> states = new TreeMap<>(states(block));
      for (ParamState parameter : block.getLayersAndVariablesInBlock()) {
        String name = nameAt.get(parameter.getParamView().offset());
        INDArray shaped = parameters.get(name);
        long start = parameter.getParamOffsetStart() - block.getParamOffsetStart();
        Map<String, INDArray> views = new LinkedHashMap<>();
        states.forEach((state, flat) -> views.put(PREFIX + name + "." + state, flat.reshape(flat.length())
            .get(NDArrayIndex.interval(start, start + shaped.length())).reshape(shaped.ordering(), shaped.shape())));
        byParameter.put(name, views);
      }
    }
    Map<String, INDArray> sorted = new LinkedHashMap<>();
    parameters.keySet().forEach(name -> sorted.putAll(byParameter.getOrDefault(name, Map.of())));
    return sorted;
  }

  @SuppressWarnings("unchecked") // the raw type is DL4J's
  private static Map<String, INDArray> states(UpdaterBlock block) {
    return block.getGradientUpdater() == null ? Map.of() : block.getGradientUpdater().getState();
  }
}
