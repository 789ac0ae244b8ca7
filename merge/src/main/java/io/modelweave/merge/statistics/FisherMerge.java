package io.modelweave.merge.statistics;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Merges models parameter by parameter, each model counting by how much the parameter matters to it:
 * {@code theta = sum c_i H_i theta_i / sum c_i H_i}.
 *
 * <p>{@code H_i = F_i / s_i + floor * m}: {@code F_i} is the diagonal Fisher information, {@code s_i} its Euclidean norm over all
 * parameters if {@link #normalised}, else 1, and {@code m} the mean of {@code F_i / s_i} over all parameters and models. The floor decides
 * where no model cares: there the result is the weighted mean. It is relative, because Fisher information has no natural scale: an absolute
 * 1e-6, as published, exceeds most of a language model's elements. Parameters without Fisher information are the weighted mean.
 *
 * <p>Equal Fisher information gives the weighted mean, one model gives itself. Arithmetic is in double, one rounding at the end.
 *
 * <p>Source: Matena and Raffel, "Merging Models with Fisher-Weighted Averaging", 2021, arXiv 2111.09832. Their code takes
 * {@code max(F, 1e-6)} for the first model only; others add 1e-6 to all.
 *
 * @param floor share of the mean element that is added to every element, at least 0
 * @param normalised whether each model's Fisher information is divided by its norm, so that confident models do not outweigh others
 */
public record FisherMerge(double floor, boolean normalised) {

  /**
   * Checks the options.
   *
   * @throws IllegalArgumentException if the floor is negative or not finite
   */
  public FisherMerge {
    if (!(floor >= 0 && floor < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("floor is %s, must be finite and not negative".formatted(floor));
    }
  }

  /** Returns a floor of 1e-6 of the mean element, without normalisation. */
  public static FisherMerge defaults() {
    return new FisherMerge(1e-6, false);
  }

  /** Returns the same with another floor. */
  public FisherMerge withFloor(double newFloor) {
    return new FisherMerge(newFloor, normalised);
  }

  /** Returns the same with each model's Fisher information divided by its norm, or not. */
  public FisherMerge withNormalised(boolean newNormalised) {
    return new FisherMerge(floor, newNormalised);
  }

  /** Returns the merge of models that count alike; see {@link #merge(List, List, List)}. */
  public Checkpoint merge(List<Checkpoint> models, List<FisherInformation> informations) {
    return merge(models, informations, Collections.nCopies(models.size(), 1.0));
  }

  /**
   * Returns the merged tensors, in memory. F32 and F64 are merged; tensors of other types must be the same in all models.
   *
   * @param models of the same tensors; not modified
   * @param informations one for each model, of the same parameters
   * @param weights {@code c_i}, one for each model, not negative; divided by their sum
   * @throws ModelMismatchException listing every tensor in which the models differ, and every parameter whose Fisher information does not
   *     fit
   * @throws IllegalArgumentException if the lists differ in length, the weights cannot be used, or Fisher information is negative or not
   *     finite
   */
  public Checkpoint merge(List<Checkpoint> models, List<FisherInformation> informations, List<Double> weights) {
    ModelSet set = new ModelSet("Fisher merging", models, weights);
    requireFit(set.first(), models.size(), informations);
    double[] scales = new double[models.size()];
    double mean = 0;
    for (int i = 0; i < scales.length; i++) {
      Sums sums = Sums.of(informations.get(i).diagonal(), i);
      scales[i] = normalised && sums.squares > 0 ? 1 / Math.sqrt(sums.squares) : 1;
      mean += scales[i] * sums.sum / sums.count / scales.length;
    }
    double added = floor * mean;
    return set.merge((name, tensors) -> informations.get(0).diagonal().contains(name)
        ? weighted(tensors, informations.stream().map(f -> f.diagonal().tensor(name)).toList(), scales, added, set) : set.mean(tensors),
        Map.of("modelweave.method", "fisher",
            "modelweave.floor", Double.toString(floor), "modelweave.normalised", Boolean.toString(normalised)));
  }

  private static void requireFit(Checkpoint model, int models, List<FisherInformation> informations) {
    if (informations.size() != models) {
      throw new IllegalArgumentException("Fisher merging needs the Fisher information of each model; there are %d models and %d"
          .formatted(models, informations.size()));
    }
    List<String> problems = new ArrayList<>();
    Set<String> names = Set.copyOf(informations.get(0).diagonal().names());
    for (int i = 0; i < informations.size(); i++) {
      Checkpoint diagonal = informations.get(i).diagonal();
      if (!Set.copyOf(diagonal.names()).equals(names)) {
        problems.add("information %d is of the parameters %s, information 0 of %s".formatted(i, diagonal.names(), names));
      }
      for (String name : diagonal.names()) {
        if (!model.contains(name) || !model.info(name).shape().equals(diagonal.info(name).shape())) {
          problems.add("information %d, \"%s\": %s, but the tensor is %s".formatted(i, name, diagonal.info(name).shape(),
              model.contains(name) ? model.info(name).shape() : "absent"));
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new ModelMismatchException("the Fisher information does not fit the models", problems);
    }
  }

  /** Returns {@code x_1 + sum (c_i H_i / sum c_j H_j) (x_i - x_1)}, which is exactly {@code x_1} where all are; closes the diagonals. */
  private static INDArray weighted(List<INDArray> tensors, List<INDArray> diagonals, double[] scales, double added, ModelSet set) {
    double[] first = values(tensors.get(0));
    double[] shift = new double[first.length];
    double[] total = new double[first.length];
    double[] mean = new double[first.length];
    for (int i = 0; i < scales.length; i++) {
      double[] tensor = values(tensors.get(i));
      double[] diagonal = values(diagonals.get(i));
      diagonals.get(i).close();
      for (int j = 0; j < first.length; j++) {
        double importance = set.weight(i) * (scales[i] * diagonal[j] + added);
        total[j] += importance;
        shift[j] += importance * (tensor[j] - first[j]);
        mean[j] += set.weight(i) * (tensor[j] - first[j]);
      }
    }
    for (int j = 0; j < first.length; j++) {
      first[j] += total[j] > 0 ? shift[j] / total[j] : mean[j];
    }
    INDArray shape = tensors.get(0);
    return shape.rank() == 0 ? Nd4j.scalar(first[0]) : Nd4j.create(first, shape.shape(), 'c');
  }

  private static double[] values(INDArray array) {
    return array.reshape(array.length()).toDoubleVector();
  }

  /** Sum, sum of squares and number of all elements of a diagonal. */
  private record Sums(double sum, double squares, double count) {

    static Sums of(Checkpoint diagonal, int model) {
      double sum = 0;
      double squares = 0;
      double count = 0;
      for (String name : diagonal.names()) {
        try (INDArray tensor = diagonal.tensor(name)) {
          for (double value : values(tensor)) {
            if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
              throw new IllegalArgumentException("information %d, \"%s\": holds %s; a mean of squares is finite and not negative"
                  .formatted(model, name, value));
            }
            sum += value;
            squares += value * value;
            count++;
          }
        }
      }
      return new Sums(sum, squares, count);
    }
  }
}
