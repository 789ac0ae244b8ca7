package io.modelweave.cka.measure;

import static java.util.Objects.requireNonNull;

import io.modelweave.cka.Comparison;
import io.modelweave.cka.Similarity;
import io.modelweave.cka.Traits;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A {@link Similarity} made of its formula: arguments are checked, and constant sides answered, before the formula sees them.
 *
 * <pre>{@code
 * Similarity widths = new Measure("width-ratio", "an example", Traits.similarity(0, 1), 2,
 *     (pair, warn) -> (double) Math.min(pair.x().width(), pair.y().width()) / Math.max(pair.x().width(), pair.y().width()));
 * }</pre>
 *
 * @param name what {@link #name()} returns
 * @param citation what {@link #citation()} returns
 * @param traits what {@link #traits()} returns
 * @param fewestSamples with fewer samples than this, {@code compare} throws
 * @param formula the number
 */
public record Measure(String name, String citation, Traits traits, int fewestSamples, Formula formula) implements Similarity {

  /** Checks that nothing is missing. */
  public Measure {
    requireNonNull(name, "name");
    requireNonNull(citation, "citation");
    requireNonNull(traits, "traits");
    requireNonNull(formula, "formula");
  }

  /** The number of a measure. */
  @FunctionalInterface
  public interface Formula {

    /**
     * Returns the value for two sides, neither of which is constant.
     *
     * @param warn takes sentences about what makes the value hard to read; one must be given with NaN
     */
    double valueOf(FeaturePair pair, Consumer<String> warn);
  }

  @Override
  public Comparison compare(INDArray x, INDArray y) {
    FeaturePair pair = FeaturePair.of(x, y, name, fewestSamples);
    List<String> warnings = new ArrayList<>();
    for (FeatureMatrix side : List.of(pair.x(), pair.y())) {
      if (side.isConstant()) {
        warnings.add("%s is constant over the samples: it has no similarity to anything".formatted(side.label()));
      }
    }
    double value = warnings.isEmpty() ? formula.valueOf(pair, warnings::add) : Double.NaN;
    return new Measurement(value, pair.samples(), pair.x().width(), pair.y().width(), warnings);
  }
}
