package io.modelweave.merge.statistics;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.checkpoint.CheckpointComparison;
import io.modelweave.core.checkpoint.ElementType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Models of the same tensors that are merged tensor by tensor, each with a weight; the weights add up to 1. */
final class ModelSet {

  private final List<Checkpoint> models;
  private final double[] weights;

  /** Computes a merged tensor in double. */
  @FunctionalInterface
  interface Formula {

    /**
     * Returns a new DOUBLE array.
     *
     * @param tensors one for each model, DOUBLE, row-major; closed afterwards
     */
    INDArray merge(String name, List<INDArray> tensors);
  }

  ModelSet(String what, List<Checkpoint> models, List<Double> weights) {
    if (models.isEmpty() || models.size() != weights.size()) {
      throw new IllegalArgumentException("%s needs a weight for each model; there are %d models and %d weights"
          .formatted(what, models.size(), weights.size()));
    }
    double sum = weights.stream().mapToDouble(Double::doubleValue).sum();
    if (weights.stream().anyMatch(w -> !(w >= 0)) || !(sum > 0 && sum < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("%s needs weights that are finite, not negative and not all 0, but they are %s"
          .formatted(what, weights));
    }
    this.models = List.copyOf(models);
    this.weights = weights.stream().mapToDouble(w -> w / sum).toArray();
    requireSame(what);
  }

  private void requireSame(String what) {
    List<String> problems = new ArrayList<>();
    Checkpoint first = models.get(0);
    for (int i = 1; i < models.size(); i++) {
      int number = i;
      CheckpointComparison.mismatches(first, models.get(i)).forEach(problem -> problems.add("model %d: %s".formatted(number, problem)));
      for (String name : first.names()) {
        boolean merged = isMerged(first, name);
        if (!merged && problems.isEmpty() && !CheckpointComparison.sameBits(first, models.get(i), name)) {
          problems.add("model %d: \"%s\": values of %s differ, and only F32 and F64 are merged"
              .formatted(number, name, first.info(name).describe()));
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new ModelMismatchException(what + " needs models of the same tensors", problems);
    }
  }

  private static boolean isMerged(Checkpoint model, String name) {
    ElementType type = model.info(name).type();
    return type == ElementType.F32 || type == ElementType.F64;
  }

  int size() {
    return models.size();
  }

  double weight(int model) {
    return weights[model];
  }

  Checkpoint first() {
    return models.get(0);
  }

  /** Returns a checkpoint in memory: the formula's result for each F32 and F64 tensor, in that type, and the others as they are. */
  Checkpoint merge(Formula formula, Map<String, String> provenance) {
    Map<String, INDArray> merged = new LinkedHashMap<>();
    for (String name : first().names()) {
      merged.put(name, isMerged(first(), name) ? merge(formula, name) : first().tensor(name));
    }
    Map<String, String> metadata = new LinkedHashMap<>(first().metadata());
    metadata.putAll(provenance);
    Checkpoint checkpoint = Checkpoint.of(merged, metadata);
    merged.values().forEach(INDArray::close);
    return checkpoint;
  }

  private INDArray merge(Formula formula, String name) {
    DataType type = first().info(name).type().dataType().orElseThrow();
    List<INDArray> tensors = models.stream().map(model -> wide(model, name)).toList();
    INDArray result = formula.merge(name, tensors);
    tensors.forEach(INDArray::close);
    if (type == DataType.DOUBLE) {
      return result;
    }
    INDArray narrow = result.castTo(type);
    result.close();
    return narrow;
  }

  private static INDArray wide(Checkpoint model, String name) {
    INDArray stored = model.tensor(name);
    if (stored.dataType() == DataType.DOUBLE) {
      return stored;
    }
    INDArray wide = stored.castTo(DataType.DOUBLE);
    stored.close();
    return wide;
  }

  /** Returns {@code x_1 + sum w_i (x_i - x_1)}, which is exactly {@code x_1} where all are. */
  INDArray mean(List<INDArray> tensors) {
    INDArray mean = tensors.get(0).dup('c');
    for (int i = 1; i < tensors.size(); i++) {
      try (INDArray difference = tensors.get(i).sub(tensors.get(0)).muli(weights[i])) {
        mean.addi(difference);
      }
    }
    return mean;
  }
}
