package io.modelweave.merge;

import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.Partition;
import io.modelweave.merge.method.Settings;
import io.modelweave.merge.method.TensorMerge;
import java.util.List;

/**
 * Arcee fusion: takes over from the other model the elements that matter most, and leaves the base elsewhere.
 *
 * <p>The importance of an element is {@code |x - b| KL(p || q)}, where {@code p} and {@code q} are the softmax of its row in {@code x} and
 * {@code b}, each plus 1e-8. Elements are taken over from {@code median + 1.5 (Q3 - Q1)} of the importances on. Quartiles are elements of
 * the tensor, number {@code floor(q (N - 1))} in rising order; all elements count, however many there are, where mergekit draws a million
 * at random. No parameters. The output has the type of the base. Cost: two exponentials and logarithms an element, two passes.
 *
 * <p>Source: the method of that name in mergekit.
 */
public final class ArceeFusion implements MergeMethod {

  @Override
  public String name() {
    return "arcee_fusion";
  }

  @Override
  public String citation() {
    return "mergekit's arcee_fusion";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of();
  }

  @Override
  public Inputs inputs() {
    return Inputs.exactly(1, Inputs.Base.REQUIRED);
  }

  @Override
  public long indivisible(List<Long> shape, Settings settings) {
    return Partition.ROWS.indivisible(shape);
  }

  @Override
  public TensorMerge begin(MergeGroup group) {
    return new ArceeFusionMerge(group);
  }
}
