package io.modelweave.merge;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.checkpoint.CheckpointComparison;
import io.modelweave.core.checkpoint.MemoryCheckpoint;
import io.modelweave.core.checkpoint.TensorBytes;
import io.modelweave.core.checkpoint.TensorInfo;
import io.modelweave.core.dl4j.NetworkWeights;
import io.modelweave.core.samediff.GraphWeights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One model from several of the same architecture: {@link #of(Checkpoint...)} by any method, {@code interpolate} by {@code (1 - alpha) * a
 * + alpha * b}.
 *
 * <pre>{@code
 * MultiLayerNetwork both = Merger.interpolate(first, second, 0.5);
 * Checkpoint soup = Merger.of(math, code).base(gpt2).method(Ties.density(0.3)).merge();
 * MultiLayerNetwork slerped = NetworkWeights.withWeights(first,
 *     Merger.of(NetworkWeights.checkpoint(first), NetworkWeights.checkpoint(second)).method(new Slerp()).alpha(0.5).merge());
 * }</pre>
 *
 * <p>In every {@code interpolate} {@code alpha}, in [0, 1], is the weight of {@code b}: 0 gives a copy of {@code a} and 1 a copy of {@code b}, bit
 * for bit. In between, each number is computed in double and rounded once, to nearest even, to its stored type: the same bits on
 * any number of threads. Inputs are not modified, and results share no memory with them. Integers and booleans have nothing in
 * between, so those must be equal.
 *
 * <p>Two models that differ get one {@link ModelMismatchException} that lists every difference. Interpolation makes sense between
 * models that share an ancestor, such as two fine-tunings of one checkpoint; two networks trained from different random
 * initialisations usually have nothing useful half-way.
 *
 * <p>Source: the straight line between weights of Goodfellow, Vinyals and Saxe, "Qualitatively characterizing neural network
 * optimization problems", arXiv:1412.6544; as a way to combine models, Wortsman et al., "Robust fine-tuning of zero-shot models",
 * arXiv:2109.01903.
 */
public final class Merger {

  private Merger() {}

  /**
   * Begins a merge of any number of models by any method.
   *
   * @param models read when the merge runs; not modified and not closed
   * @throws IllegalArgumentException if there is none
   */
  public static Merge of(Checkpoint... models) {
    return Merge.of(List.of(models));
  }

  /**
   * Begins a merge of language models; {@link LanguageModel#of} makes a model of the result. Written to a directory it comes with {@code
   * config.json}, so that {@link LanguageModel#load} and transformers read it.
   *
   * @param models of the same configuration; their parameters are copied now
   * @throws IllegalArgumentException if there is none
   */
  public static Merge of(LanguageModel... models) {
    return Merge.of(Arrays.stream(models).map(LanguageModel::checkpoint).toList())
        .configured(Arrays.stream(models).map(LanguageModel::configuration).toList());
  }

  /**
   * Returns a new {@code 'c'}-ordered array of the type and shape of both.
   *
   * @param a any array, views and {@code 'f'}-ordered ones included
   * @param b of the same type and shape
   * @param alpha weight of {@code b}, in [0, 1]
   * @throws IllegalArgumentException if {@code alpha} is outside [0, 1] or NaN
   * @throws ModelMismatchException if type or shape differ, or two arrays of integers or booleans do
   */
  public static INDArray interpolate(INDArray a, INDArray b, double alpha) {
    Alpha.require(alpha);
    TensorInfo info = TensorBytes.info("array", a);
    if (!info.equals(TensorBytes.info("array", b))) {
      throw new ModelMismatchException("cannot interpolate two arrays",
          List.of("%s against %s".formatted(info.describe(), TensorBytes.info("array", b).describe())));
    }
    if (!TensorBlend.supports(info.type())) {
      try (Checkpoint left = Checkpoint.of(Map.of("array", a)); Checkpoint right = Checkpoint.of(Map.of("array", b))) {
        return InterpolatedCheckpoint.of(left, right, alpha).tensor("array");
      }
    }
    INDArray left = TensorBytes.rowMajor(a);
    INDArray right = TensorBytes.rowMajor(b);
    TensorBlend blend = new TensorBlend(alpha);
    INDArray result = TensorBytes.create(info, (offset, out) -> blend.fill(info.type(),
        (at, bytes) -> TensorBytes.read(left, at, bytes), (at, bytes) -> TensorBytes.read(right, at, bytes), offset, out));
    closeCopy(left, a);
    closeCopy(right, b);
    return result;
  }

  /**
   * Returns a new checkpoint in memory with the names and the order of {@code a}. Its metadata are those of {@code a} and
   * {@code modelweave.method}, {@code .alpha}, {@code .parent.a}, {@code .parent.b} (names of files or folders) and {@code
   * .version}, and {@code format=pt}, which transformers asks for. Names stay tied where both have them so.
   *
   * @param a one checkpoint
   * @param b has the same names, types and shapes, in any order
   * @param alpha weight of {@code b}, in [0, 1]
   * @throws IllegalArgumentException if {@code alpha} is outside [0, 1] or NaN, or ND4J does not have the type of a tensor
   * @throws ModelMismatchException listing every tensor that differs in type or shape, or that only one has, and every tensor of
   *     integers, booleans or 8-bit floats whose values differ
   */
  public static Checkpoint interpolate(Checkpoint a, Checkpoint b, double alpha) {
    return MemoryCheckpoint.copyOf(InterpolatedCheckpoint.of(a, b, alpha));
  }

  /**
   * Writes what {@link #interpolate(Checkpoint, Checkpoint, double)} returns to a new safetensors file, in a few megabytes of memory
   * whatever the size of the models.
   *
   * @param a one checkpoint
   * @param b has the same names, types and shapes, in any order
   * @param alpha weight of {@code b}, in [0, 1]
   * @param safetensorsFile appears complete or not at all, see {@link Checkpoint#write(Path)}
   * @throws IllegalArgumentException if {@code alpha} is outside [0, 1] or NaN
   * @throws ModelMismatchException as for {@link #interpolate(Checkpoint, Checkpoint, double)}
   * @throws java.io.UncheckedIOException if there is such a file already, or it cannot be written
   */
  public static void interpolateTo(Checkpoint a, Checkpoint b, double alpha, Path safetensorsFile) {
    try (Checkpoint result = InterpolatedCheckpoint.of(a, b, alpha)) {
      result.write(safetensorsFile);
    }
  }

  /**
   * Returns a new network with a copy of the configuration of {@code a} and a fresh updater. Running statistics of batch
   * normalisation are interpolated as DL4J stores them (the deviation as a logarithm), which is not what a pass over data would give.
   *
   * @param a one network
   * @param b has the same layers; updaters, learning rates, seeds, dropout and loss may differ
   * @param alpha weight of {@code b}, in [0, 1]
   * @throws IllegalArgumentException if {@code alpha} is outside [0, 1] or NaN
   * @throws ModelMismatchException listing every difference in configuration and parameters
   */
  public static MultiLayerNetwork interpolate(MultiLayerNetwork a, MultiLayerNetwork b, double alpha) {
    Alpha.require(alpha);
    try (Checkpoint left = NetworkWeights.checkpoint(a);
        Checkpoint right = NetworkWeights.checkpoint(b)) {
      requireSame(NetworkArchitecture.differences(a.getLayerWiseConfigurations().toJson(), b.getLayerWiseConfigurations().toJson()), left, right, "networks");
      return NetworkWeights.withWeights(a, InterpolatedCheckpoint.of(left, right, alpha));
    }
  }

  /**
   * Returns a new graph with a copy of the configuration of {@code a} and a fresh updater. Running statistics of batch
   * normalisation are interpolated as DL4J stores them (the deviation as a logarithm), which is not what a pass over data would give.
   *
   * @param a one graph
   * @param b has the same vertices and connections; updaters, learning rates, seeds, dropout and loss may differ
   * @param alpha weight of {@code b}, in [0, 1]
   * @throws IllegalArgumentException if {@code alpha} is outside [0, 1] or NaN
   * @throws ModelMismatchException listing every difference in configuration and parameters
   */
  public static ComputationGraph interpolate(ComputationGraph a, ComputationGraph b, double alpha) {
    Alpha.require(alpha);
    try (Checkpoint left = NetworkWeights.checkpoint(a);
        Checkpoint right = NetworkWeights.checkpoint(b)) {
      requireSame(NetworkArchitecture.differences(a.getConfiguration().toJson(), b.getConfiguration().toJson()), left, right, "graphs");
      return NetworkWeights.withWeights(a, InterpolatedCheckpoint.of(left, right, alpha));
    }
  }

  /**
   * Returns a duplicate of {@code a} with interpolated variables.
   *
   * @param a one graph, below 2 GiB, because SameDiff duplicates through its file format
   * @param b has the same operations, variables and constants by name, and the same values of the constants
   * @param alpha weight of {@code b}, in [0, 1]
   * @throws IllegalArgumentException if {@code alpha} is outside [0, 1] or NaN
   * @throws ModelMismatchException listing every difference in operations, constants and variables
   */
  public static SameDiff interpolate(SameDiff a, SameDiff b, double alpha) {
    Alpha.require(alpha);
    try (Checkpoint left = GraphWeights.checkpoint(a);
        Checkpoint right = GraphWeights.checkpoint(b)) {
      requireSame(GraphArchitecture.differences(a, b), left, right, "graphs");
      return GraphWeights.withWeights(a, InterpolatedCheckpoint.of(left, right, alpha));
    }
  }

  /**
   * Returns a new language model with interpolated parameters; embeddings, attention, norms and head included.
   *
   * @param a one model, with its own MLPs
   * @param b of the same configuration
   * @param alpha weight of {@code b}, in [0, 1]
   * @throws IllegalArgumentException if {@code alpha} is outside [0, 1] or NaN
   * @throws ModelMismatchException listing every difference in configuration and parameters
   */
  public static LanguageModel interpolate(LanguageModel a, LanguageModel b, double alpha) {
    Alpha.require(alpha);
    try (Checkpoint left = a.checkpoint();
        Checkpoint right = b.checkpoint()) {
      List<String> differences = a.configuration().equals(b.configuration())
          ? List.of()
          : List.of("the configuration is %s against %s".formatted(a.configuration(), b.configuration()));
      requireSame(differences, left, right, "language models");
      return LanguageModel.of(a.configuration(), InterpolatedCheckpoint.of(left, right, alpha));
    }
  }

  private static void requireSame(List<String> differences, Checkpoint a, Checkpoint b, String what) {
    List<String> problems = new ArrayList<>(differences);
    problems.addAll(CheckpointComparison.mismatches(a, b));
    if (!problems.isEmpty()) {
      throw new ModelMismatchException("cannot interpolate two " + what, problems);
    }
  }

  private static void closeCopy(INDArray used, INDArray given) {
    if (used != given && used.closeable()) {
      used.close();
    }
  }
}
