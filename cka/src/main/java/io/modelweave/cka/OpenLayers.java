package io.modelweave.cka;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;

/** The Gram matrices of a comparison, all of which are freed at its end or at a failure. */
final class OpenLayers implements AutoCloseable {

  private final Kernel kernel;
  private final Settings settings;
  private final DataType type;
  private final List<LayerGram> open = Collections.synchronizedList(new ArrayList<>());

  OpenLayers(Kernel kernel, Settings settings, Inputs inputs) {
    this.kernel = kernel;
    this.settings = settings;
    this.type = settings.inDouble() ? DataType.DOUBLE : inputs.precision();
  }

  /** Returns the Gram matrices of the layers of one model, in their order. */
  List<LayerGram> layers(List<Inputs.Named> inputs) {
    List<LayerGram> layers = new ArrayList<>();
    settings.workers().forEach(inputs, this::layer, layers::add);
    return layers;
  }

  private LayerGram layer(Inputs.Named input) {
    boolean scale = kernel.invariances().contains(Invariance.ISOTROPIC_SCALING);
    LayerFeatures features = LayerFeatures.of(kernel, input.array(), input.label(), type, scale);
    try {
      LayerGram layer = LayerGram.of(features, kernel, settings.tile());
      open.add(layer);
      return layer;
    } catch (RuntimeException e) {
      features.close();
      throw e;
    }
  }

  @Override
  public void close() {
    open.forEach(LayerGram::close);
  }
}
