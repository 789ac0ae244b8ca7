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

  /** Where each is one tile, it is computed and centred by the worker that has just read the layer. */
  private final @Nullable TileStack whole;

  private OpenLayers(Kernel kernel, Settings settings, Inputs inputs, boolean ofFeatures) {
    this.kernel = kernel;
    this.settings = settings;
    this.inputs = inputs;
    this.type = settings.inDouble() ? DataType.DOUBLE : inputs.precision();
    this.layers = inputs.withinOneModel() ? inputs.a()
        : ImmutableList.<Inputs.Named>builder().addAll(inputs.a()).addAll(inputs.b()).build();
    this.open = new LayerGram[layers.size()];
    int n = inputs.samples();
    this.keep = !ofFeatures && KernelTiles.areKept(n, settings.tile(), layers.size(), type);
    this.whole = ofFeatures || n > settings.tile() ? null : new TileStack(LayerFeatures.typeFor(kernel, type), layers.size(), n, n);
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
      Shares.forEach(settings.workers(), layers.open.length, layers::open);
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

  /** Returns the layers that are columns of the map: the same as its rows within one model. */
  List<LayerGram> b() {
    return Arrays.asList(open).subList(inputs.withinOneModel() ? 0 : inputs.a().size(), open.length);
  }

  /** Returns the sums over all pairs of Gram matrices. */
  SumsTable sums(HsicEstimator estimator) {
    List<LayerGram> a = a();
    List<LayerGram> b = inputs.withinOneModel() ? a : b();
    return whole == null ? GramSweep.of(a, b, settings.tile(), estimator, settings.workers())
        : GramSweep.of(a, b, whole, estimator, settings.workers());
  }

  private void open(int index) {
    LayerGram layer = layer(layers.get(index));
    open[index] = layer;
    if (whole != null) {
      Tile all = new Tile(0, layer.samples());
      whole.put(index, layer, all, all, whole);
    }
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
    if (whole != null) {
      whole.close();
    }
  }
}
