package io.modelweave.merge.statistics;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.checkpoint.TensorInfo;
import io.modelweave.merge.statistics.GramMatrices.Gram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Merges linear layers so that the merged layer answers as each model's own does on that model's inputs: regression mean.
 *
 * <p>For weights {@code W_i [in, out]} with Gram matrices {@code G_i} and model weights {@code c_i} the result minimises
 * {@code sum c_i (tr (W - W_i)^T H_i (W - W_i))}, which {@code W = (sum c_i H_i)^-1 sum c_i H_i W_i} does. {@code H_i} is {@code G_i}
 * with its off-diagonal elements times {@code offDiagonal} and, on the diagonal, the ridge {@code lambda}: {@code ridge} times the mean
 * diagonal element of {@code sum c_i G_i}. The ridge pulls towards the weighted mean, not towards 0: an input that never occurs gets the
 * mean, one model gives itself, and equal Gram matrices give the mean. Every tensor without Gram matrices (biases, norms,
 * embeddings) is the weighted mean.
 *
 * <p>Solved in double by Cholesky; cost {@code O(in^3 + in^2 out)} a layer. F32 and F64 are merged, one rounding at the end; tensors
 * of other types must be the same in all models.
 *
 * <p>Source: Jin, Ren, Preotiuc-Pietro and Cheng, "Dataless Knowledge Fusion by Merging Weights of Language Models", 2022,
 * arXiv 2212.09849, where {@code offDiagonal} is 0.9 for most models and there is no ridge.
 *
 * @param offDiagonal factor of the off-diagonal elements, in [0, 1]: 1 is plain regression, 0 weighs each input by its mean square
 * @param ridge share of the mean diagonal element that is added to the diagonal, at least 0
 */
public record RegMean(double offDiagonal, double ridge) {

  /**
   * Checks the options.
   *
   * @throws IllegalArgumentException if an option is out of its range
   */
  public RegMean {
    if (!(offDiagonal >= 0 && offDiagonal <= 1) || !(ridge >= 0 && ridge < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("offDiagonal is %s, must be in [0, 1]; ridge is %s, must be finite and not negative"
          .formatted(offDiagonal, ridge));
    }
  }

  /** Returns the published 0.9 for off-diagonal elements, and a ridge of 1e-6. */
  public static RegMean defaults() {
    return new RegMean(0.9, 1e-6);
  }

  /** Returns the same with another factor for off-diagonal elements. */
  public RegMean withOffDiagonal(double newOffDiagonal) {
    return new RegMean(newOffDiagonal, ridge);
  }

  /** Returns the same with another ridge. */
  public RegMean withRidge(double newRidge) {
    return new RegMean(offDiagonal, newRidge);
  }

  /** Returns the merge of models that count alike; see {@link #merge(List, List, List)}. */
  public Checkpoint merge(List<Checkpoint> models, List<GramMatrices> grams) {
    return merge(models, grams, Collections.nCopies(models.size(), 1.0));
  }

  /**
   * Returns the merged tensors, in memory.
   *
   * @param models of the same tensors; not modified
   * @param grams those of each model on its own data, of the same layers
   * @param weights {@code c_i}, one for each model, not negative; divided by their sum
   * @throws ModelMismatchException listing every tensor in which the models differ and every Gram matrix that does not fit
   * @throws IllegalArgumentException if the lists differ in length or the weights cannot be used, or naming the layer, if its system is
   *     singular
   */
  public Checkpoint merge(List<Checkpoint> models, List<GramMatrices> grams, List<Double> weights) {
    ModelSet set = new ModelSet("RegMean", models, weights);
    requireFit(set.first(), models.size(), grams);
    return set.merge((name, tensors) -> grams.get(0).byWeight().containsKey(name)
        ? solve(name, tensors, grams.stream().map(g -> g.byWeight().get(name)).toList(), set) : set.mean(tensors),
        Map.of("modelweave.method", "regmean",
            "modelweave.offDiagonal", Double.toString(offDiagonal), "modelweave.ridge", Double.toString(ridge)));
  }

  private static void requireFit(Checkpoint model, int models, List<GramMatrices> grams) {
    if (grams.size() != models) {
      throw new IllegalArgumentException("RegMean needs Gram matrices of each model; there are %d models and %d sets"
          .formatted(models, grams.size()));
    }
    List<String> problems = new ArrayList<>();
    for (int i = 0; i < grams.size(); i++) {
      if (!grams.get(i).byWeight().keySet().equals(grams.get(0).byWeight().keySet())) {
        problems.add("set %d is of the layers %s, set 0 of %s"
            .formatted(i, grams.get(i).byWeight().keySet(), grams.get(0).byWeight().keySet()));
      }
      for (Map.Entry<String, Gram> entry : grams.get(i).byWeight().entrySet()) {
        TensorInfo info = model.contains(entry.getKey()) ? model.info(entry.getKey()) : null;
        Gram gram = entry.getValue();
        if (info == null || info.shape().size() != 2 || info.shape().get(gram.inputAxis()) != gram.width()) {
          problems.add("set %d, \"%s\": inputs of width %d along axis %d, but the tensor is %s"
              .formatted(i, entry.getKey(), gram.width(), gram.inputAxis(), info == null ? "absent" : info.describe()));
        } else if (!Double.isFinite(Arrays.stream(gram.matrix()).sum())) {
          problems.add("set %d, \"%s\": the Gram matrix is not finite".formatted(i, entry.getKey()));
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new ModelMismatchException("the Gram matrices do not fit the models", problems);
    }
  }

  /** Returns {@code W_1 + (sum c_i H_i)^-1 sum c_i H_i (W_i - W_1)}, which is exactly {@code W_1} where all weights are. */
  private INDArray solve(String name, List<INDArray> tensors, List<Gram> grams, ModelSet set) {
    boolean transposed = grams.get(0).inputAxis() == 1;
    int width = grams.get(0).width();
    double lambda = 0;
    for (int i = 0; i < grams.size(); i++) {
      lambda += set.weight(i) * ridge * trace(grams.get(i)) / width;
    }
    INDArray first = tensors.get(0);
    INDArray right = Nd4j.zeros(first.dataType(), width, first.size(transposed ? 0 : 1));
    double[] left = new double[width * width];
    for (int i = 0; i < grams.size(); i++) {
      double[] scaled = regularised(grams.get(i), lambda, set.weight(i));
      for (int j = 0; j < left.length; j++) {
        left[j] += scaled[j];
      }
      try (INDArray h = Nd4j.create(scaled, new long[] {width, width}, 'c');
          INDArray difference = tensors.get(i).sub(first);
          INDArray product = h.mmul(transposed ? difference.transpose() : difference)) {
        right.addi(product);
      }
    }
    double[][] solution = right.toDoubleMatrix();
    right.close();
    try {
      new PositiveDefiniteSystem(rows(left, width)).solveInPlace(solution);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(("the Gram matrices of \"%s\" are singular (%s): the data does not reach all %d inputs; "
          + "use a ridge above %s, or more data").formatted(name, e.getMessage(), width, ridge), e);
    }
    try (INDArray shift = Nd4j.createFromArray(solution);
        INDArray merged = first.add(transposed ? shift.transpose() : shift)) {
      return merged.dup('c');
    }
  }

  private double[] regularised(Gram gram, double lambda, double weight) {
    double[] scaled = new double[gram.matrix().length];
    for (int i = 0; i < scaled.length; i++) {
      boolean diagonal = i / gram.width() == i % gram.width();
      scaled[i] = weight * (diagonal ? gram.matrix()[i] + lambda : offDiagonal * gram.matrix()[i]);
    }
    return scaled;
  }

  private static double trace(Gram gram) {
    double trace = 0;
    for (int i = 0; i < gram.width(); i++) {
      trace += gram.matrix()[i * gram.width() + i];
    }
    return trace;
  }

  private static double[][] rows(double[] matrix, int width) {
    double[][] rows = new double[width][];
    for (int i = 0; i < width; i++) {
      rows[i] = Arrays.copyOfRange(matrix, i * width, (i + 1) * width);
    }
    return rows;
  }
}
