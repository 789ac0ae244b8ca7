package io.modelweave.merge;

import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.LinearCombination;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.Settings;
import io.modelweave.merge.method.TensorMerge;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Weighted average, also called a model soup: {@code y = sum_i w_i x_i / sum_i w_i}.
 *
 * <p>Parameters: {@code weight} of each model, 1 by default; {@code normalize}, on by default, divides by the sum of the weights. Negative
 * weights are allowed; a sum of 0 is refused, because the quotient would be infinite. A weight of 1 on one model and 0 on the others
 * returns that model bit for bit.
 *
 * <p>Source: Wortsman et al., "Model soups: averaging weights of multiple fine-tuned models improves accuracy without increasing inference
 * time", ICML 2022, arXiv:2203.05482.
 */
public final class Linear implements MergeMethod {

  @Override
  public String name() {
    return "linear";
  }

  @Override
  public String citation() {
    return "Wortsman et al., Model soups, ICML 2022, arXiv:2203.05482";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(Parameter.weight(1), Parameter.flag("normalize", true));
  }

  @Override
  public Inputs inputs() {
    return Inputs.atLeast(1, Inputs.Base.UNUSED);
  }

  @Override
  public void check(Settings settings, Consumer<String> problems) {
    if (settings.flag("normalize") && Arrays.stream(settings.ofModels("weight")).sum() == 0) {
      problems.accept("the weights sum to 0, by which %s would divide; choose others, or switch normalize off".formatted(name()));
    }
  }

  @Override
  public TensorMerge begin(MergeGroup group) {
    Settings settings = group.first().settings();
    double[] weights = settings.ofModels("weight");
    double total = settings.flag("normalize") ? Arrays.stream(weights).sum() : 1;
    double[] coefficients = Arrays.stream(weights).map(weight -> weight / total).toArray();
    return (chunk, out) -> LinearCombination.apply(chunk, coefficients, 0, 0, chunk.length(), out);
  }
}
