package io.modelweave.merge;

import io.modelweave.merge.method.GramMerge;
import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.Partition;
import io.modelweave.merge.method.Settings;
import io.modelweave.merge.method.TensorMerge;
import io.modelweave.merge.method.Variant;
import java.util.Arrays;
import java.util.List;

/**
 * Model stock: {@code y = t mean_i(x_i) + (1 - t) b} with {@code t = n c / (1 + (n - 1) c)}, where {@code c} is the mean cosine of all
 * pairs of task vectors.
 *
 * <p>Parameter: {@code filter_wise}, off by default, takes each row along the last axis apart. Here cosines are exact at any scale of
 * the task vectors, and {@code t} is kept in [0, 1]: task vectors that oppose each other give the base. In {@link Variant#MERGEKIT} the
 * product of two norms is at least 1e-6, which shrinks {@code t} for small updates, and {@code t} is not bounded.
 *
 * <p>Source: Jang, Yun and Han, "Model Stock: all we need is just a few fine-tuned models", ECCV 2024, arXiv:2403.19522, equation 7 in
 * the form for {@code n} models of its appendix.
 */
public final class ModelStock implements MergeMethod {

  private static final double LEAST_PRODUCT = 1e-6;

  private final Variant variant;

  /** Creates the method. */
  public ModelStock() {
    this(Variant.PAPER);
  }

  private ModelStock(Variant variant) {
    this.variant = variant;
  }

  /** Returns the method with mergekit's absolute threshold. */
  public ModelStock mergekit() {
    return new ModelStock(Variant.MERGEKIT);
  }

  @Override
  public String name() {
    return variant.name("model_stock");
  }

  @Override
  public String citation() {
    return "Jang, Yun and Han, Model Stock, ECCV 2024, arXiv:2403.19522";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(Parameter.flag("filter_wise", false));
  }

  @Override
  public Inputs inputs() {
    return Inputs.atLeast(2, Inputs.Base.REQUIRED);
  }

  @Override
  public long indivisible(List<Long> shape, Settings settings) {
    return partition(settings).indivisible(shape);
  }

  @Override
  public TensorMerge begin(MergeGroup group) {
    return new GramMerge(group, partition(group.first().settings()), this::coefficients);
  }

  private static Partition partition(Settings settings) {
    return settings.flag("filter_wise") ? Partition.ROWS : Partition.WHOLE;
  }

  private double[] coefficients(double[][] gram) {
    int n = gram.length;
    double sum = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < i; j++) {
        double product = Math.sqrt(gram[i][i]) * Math.sqrt(gram[j][j]);
        double floor = variant == Variant.MERGEKIT ? Math.max(product, LEAST_PRODUCT) : product;
        sum += floor == 0 ? 0 : Math.max(-1, Math.min(1, gram[i][j] / floor));
      }
    }
    double cosine = sum / (n * (n - 1) / 2.0);
    double t = n * cosine / (1 + (n - 1) * cosine);
    double bounded = variant == Variant.MERGEKIT ? t : cosine <= 0 ? 0 : Math.min(1, t);
    double[] coefficients = new double[n];
    Arrays.fill(coefficients, bounded / n);
    return coefficients;
  }
}
