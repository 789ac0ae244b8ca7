package io.modelweave.core.dl4j;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The forward pass of a stack of layers, named by their numbers. */
record LayerStackPass(MultiLayerNetwork network) implements ForwardPass {

  @Override
  public Map<String, LayerFormat> formats() {
    Map<String, LayerFormat> formats = new LinkedHashMap<>();
    LayerFormat format = LayerFormat.DEFAULT;
    for (int layer = 0; layer < network.getnLayers(); layer++) {
      format = format.after(network.getLayerWiseConfigurations().getConf(layer).getLayer());
      formats.put(Integer.toString(layer), format);
    }
    return formats;
  }

  @Override
  public int inputs() {
    return 1;
  }

  @Override
  public Map<String, INDArray> run(INDArray[] features, @Nullable INDArray[] masks, String last) {
    List<INDArray> values; // the input, then every layer
    network.setLayerMaskArrays(masks[0], null);
    try {
      values = network.feedForwardToLayer(Integer.parseInt(last), features[0], false);
    } finally {
      network.clearLayerMaskArrays();
    }
    Map<String, INDArray> byLayer = new LinkedHashMap<>();
    for (int i = 1; i < values.size(); i++) {
      byLayer.put(Integer.toString(i - 1), values.get(i));
    }
    return byLayer;
  }
}
