package io.modelweave.cka;

import static java.util.Objects.requireNonNull;

import io.modelweave.cka.measure.FeatureMatrix;
import io.modelweave.cka.measure.FeaturePair;
import io.modelweave.core.Activations;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What is to be compared, checked for shape: rows of a map against its columns.
 *
 * @param a the rows
 * @param b the columns: the same list within one model
 */
record Inputs(List<Named> a, List<Named> b) {

  /** An array and what messages call it. */
  record Named(String label, INDArray array) {

    int width() {
      return (int) array.size(1);
    }
  }

  static Inputs pair(INDArray x, INDArray y) {
    requireEnough(FeaturePair.requireSameSamples(x, y), "x and y");
    return new Inputs(List.of(new Named("x", x)), List.of(new Named("y", y)));
  }

  static Inputs models(Activations a, Activations b) {
    requireNonNull(a, "a").requireSameSamples(requireNonNull(b, "b"));
    requireEnough(a.samples(), "a and b");
    return new Inputs(layers(a, " of a"), layers(b, " of b"));
  }

  static Inputs model(Activations a) {
    requireEnough(requireNonNull(a, "a").samples(), "a");
    List<Named> layers = layers(a, "");
    return new Inputs(layers, layers);
  }

  int samples() {
    return (int) a.get(0).array().size(0);
  }

  boolean withinOneModel() {
    return a == b;
  }

  /** Returns the type that holds what is given in any of the arrays. */
  DataType precision() {
    boolean wide = a.stream().anyMatch(Inputs::wide) || b.stream().anyMatch(Inputs::wide);
    return wide ? DataType.DOUBLE : DataType.FLOAT;
  }

  private static boolean wide(Named layer) {
    return LayerFeatures.precision(layer.array()) == DataType.DOUBLE;
  }

  private static List<Named> layers(Activations activations, String owner) {
    return activations.layers().stream().map(name -> {
      String label = "layer \"" + name + "\"" + owner;
      INDArray array = activations.get(name);
      FeatureMatrix.requireRows(array, label);
      return new Named(label, array);
    }).toList();
  }

  private static void requireEnough(int n, String where) {
    if (n < Score.FEWEST_SAMPLES) {
      throw new IllegalArgumentException(
          "debiased CKA needs at least %d samples, but there are %d in %s; its estimator divides by n(n - 3), so record more samples"
              .formatted(Score.FEWEST_SAMPLES, n, where));
    }
  }
}
