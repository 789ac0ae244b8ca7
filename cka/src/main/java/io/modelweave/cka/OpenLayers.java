package io.modelweave.cka;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;

/** The Gram matrices of a comparison, all of which are freed at its end or at a failure. */
final class OpenLayers implements AutoCloseable {

  private final Kernel kernel;
  private final Settings settings;
  private final Inputs inputs;
  private final DataType type;
  private final boolean keep;
  private final List<Inputs.Named> layers;
  private final @Nullable LayerGram[] open;

  private OpenLayers(Kernel kernel, Settings settings, Inputs inputs, boolean ofFeatures) {
    this.kernel = kernel;
    this.settings = settings;
    this.inputs = inputs;
    this.type = settings.inDouble() ? DataType.DOUBLE : inputs.precision();
    this.layers = inputs.withinOneModel() ? inputs.a()
        : ImmutableList.<Inputs.Named>builder().addAll(inputs.a()).addAll(inputs.b()).build();
    this.keep = !ofFeatures && KernelTiles.areKept(inputs.samples(), settings.tile(), layers.size(), type);
    this.open = new LayerGram[layers.size()];
  }

  /**
   * Returns the Gram matrices of all layers; what concerns one layer alone is shared out to workers. They are DOUBLE if one of them, as by
   * a tiny bandwidth, leaves the range of FLOAT.
   *
   * @param ofFeatures whether features alone are wanted of linear kernels, and no tile
   */
  static OpenLayers of(Kernel kernel, Settings settings, Inputs inputs, boolean ofFeatures) {
    OpenLayers layers = new OpenLayers(kernel, settings, inputs, ofFeatures);
    try {
      Shares.forEach(settings.workers(), layers.open.length, i -> layers.open[i] = layers.layer(layers.layers.get(i)));
      if (Stream.of(layers.open).noneMatch(LayerGram::needsDouble)) {
        return layers;
      }
    } catch (RuntimeException e) {
      layers.close();
      throw e;
    }
    layers.close();
    return of(kernel, settings.inDouble(true), inputs, ofFeatures);
  }

  /** Returns the layers that are rows of the map. */
  List<LayerGram> a() {
    return Arrays.asList(open).subList(0, inputs.a().size());
  }

  /** Returns the layers that are columns of the map: the same list within one model. */
  List<LayerGram> b() {
    return Arrays.asList(open).subList(inputs.withinOneModel() ? 0 : inputs.a().size(), open.length);
  }

  private LayerGram layer(Inputs.Named input) {
    boolean scale = kernel.invariances().contains(Invariance.ISOTROPIC_SCALING);
    LayerFeatures features = LayerFeatures.of(kernel, input.array(), input.label(), type, scale);
    try {
      return LayerGram.of(features, kernel, settings.tile(), keep);
    } catch (RuntimeException e) {
      features.close();
      throw e;
    }
  }

  @Override
  public void close() {
    for (LayerGram layer : open) {
      if (layer != null) {
        layer.close();
      }
    }
  }
}
