package io.modelweave.merge.engine;

import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.core.checkpoint.TensorInfo;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.ParameterSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One tensor of the output: what it is made of, and how.
 *
 * <p>Inputs are places, not models: two layers of one checkpoint can be merged with each other, and one model may be in the list twice.
 *
 * @param name of the output
 * @param method null to copy the first of {@code models} bit for bit
 * @param models the tensors that are merged, in the order in which parameters are given
 * @param base null if there is none
 * @param parameters asked for the values of the method's parameters under the output's name
 * @param type of the output; null for the type of the base, or of the first model if there is none
 * @param seedName what random numbers depend on beside the seed; tensors that are tied must agree in it
 */
public record TensorJob(String name, @Nullable MergeMethod method, List<Source> models, @Nullable Source base, ParameterSource parameters,
    @Nullable ElementType type, String seedName) {

  /** Copies the list. */
  public TensorJob {
    models = List.copyOf(models);
  }

  /** Returns a job that merges. */
  public static TensorJob merge(String name, MergeMethod method, List<Source> models, @Nullable Source base, ParameterSource parameters) {
    return new TensorJob(name, method, models, base, parameters, null, name);
  }

  /** Returns a job that copies a tensor. */
  public static TensorJob copy(String name, Source source) {
    return new TensorJob(name, null, List.of(source), null, ParameterSource.DEFAULTS, null, name);
  }

  /** Returns the same job with another type of the output. */
  public TensorJob as(ElementType elementType) {
    return new TensorJob(name, method, models, base, parameters, elementType, seedName);
  }

  /** Returns a job that copies what this would have merged: the base, or the first model if there is none; the others are compared. */
  public TensorJob copying() {
    List<Source> sources = new java.util.ArrayList<>(models);
    if (base != null) {
      sources.add(0, base);
    }
    return new TensorJob(name, null, sources, null, ParameterSource.DEFAULTS, null, seedName);
  }

  /** Returns name, type and shape of the output. */
  public TensorInfo info() {
    TensorInfo like = (base == null ? models.get(0) : base).info();
    return new TensorInfo(name, type == null || method == null ? like.type() : type, like.shape());
  }
}
