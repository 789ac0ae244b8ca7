package io.modelweave.merge.alignment;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelweave.core.Checkpoint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Recovers permutations that were planted in residual multilayer perceptrons:
 * {@code x0 = W_in input, x_{l+1} = x_l + W2_l relu(W1_l x_l + b1_l) + b2_l, y = W_out x_L}, all weights normal, 4 blocks, a stream and
 * blocks of one width, 10 inputs and 10 outputs. Model b is model a with stream and hidden units shuffled, plus normal noise
 * of a tenth of the weights' deviation. Coordinate ascent from the identity alone finds 78 of 100 at width 50.
 */
class PlantedPermutationTest {

  private static final int TRIALS = 100;
  private static final int BLOCKS = 4;
  private static final int OUTSIDE = 10;
  private static final double NOISE = 0.1;

  @ParameterizedTest
  @ValueSource(ints = {30, 50})
  void should_recover_at_least_99_of_100(int width) {
    int recovered = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
      recovered += recovers(width, trial) ? 1 : 0;
    }

    assertThat(recovered).isGreaterThanOrEqualTo(99);
  }

  @ParameterizedTest
  @ValueSource(ints = {30, 50})
  void should_recover_at_least_99_of_100_where_stream_and_layer_are_one(int width) {
    int recovered = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
      recovered += recoversBothAxes(width, trial) ? 1 : 0;
    }

    assertThat(recovered).isGreaterThanOrEqualTo(99);
  }

  /** {@code x_{l+1} = x_l + relu(W_l x_l + b_l)}: both axes of each square matrix carry the same units. */
  private static boolean recoversBothAxes(int width, int trial) {
    SplittableRandom random = new SplittableRandom(2000L * width + trial);
    List<PermutedAxis> stream = new ArrayList<>(List.of(PermutedAxis.of("in", 0), PermutedAxis.of("out", 1)));
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    tensors.put("in", Networks.normal(random, width, OUTSIDE));
    tensors.put("out", Networks.normal(random, OUTSIDE, width));
    for (int block = 0; block < BLOCKS; block++) {
      tensors.put(block + ".w", Networks.normal(random, width, width));
      tensors.put(block + ".b", Networks.normal(random, width));
      stream.addAll(List.of(PermutedAxis.of(block + ".w", 0), PermutedAxis.of(block + ".w", 1), PermutedAxis.of(block + ".b", 0)));
    }
    PermutationSpec spec = PermutationSpec.of(PermutationGroup.of("stream", width, stream.toArray(PermutedAxis[]::new)));
    Alignment planted = Networks.shuffled(spec, trial);
    try (Checkpoint a = Checkpoint.of(tensors);
        Checkpoint b = planted.apply(noisy(a, random))) {
      Alignment found = WeightMatching.of(spec).seed(trial).match(a, b);
      assertThat(found.objective()).isSorted();
      return found.permutations().equals(planted.inverse().permutations());
    }
  }

  static boolean recovers(int width, int trial) {
    SplittableRandom random = new SplittableRandom(1000L * width + trial);
    PermutationSpec spec = spec(width);
    Alignment planted = Networks.shuffled(spec, trial);
    try (Checkpoint a = residualNet(width, random);
        Checkpoint b = planted.apply(noisy(a, random))) {
      Alignment found = WeightMatching.of(spec).seed(trial).match(a, b);
      return found.permutations().equals(planted.inverse().permutations());
    }
  }

  static PermutationSpec spec(int width) {
    List<PermutedAxis> stream = new ArrayList<>(List.of(PermutedAxis.of("in", 0), PermutedAxis.of("out", 1)));
    List<PermutationGroup> groups = new ArrayList<>();
    for (int block = 0; block < BLOCKS; block++) {
      stream.addAll(List.of(PermutedAxis.of(block + ".w1", 1), PermutedAxis.of(block + ".w2", 0), PermutedAxis.of(block + ".b2", 0)));
      groups.add(PermutationGroup.of("hidden." + block, width, PermutedAxis.of(block + ".w1", 0), PermutedAxis.of(block + ".b1", 0),
          PermutedAxis.of(block + ".w2", 1)));
    }
    groups.add(0, PermutationGroup.of("stream", width, stream.toArray(PermutedAxis[]::new)));
    return PermutationSpec.of(groups.toArray(PermutationGroup[]::new));
  }

  static Checkpoint residualNet(int width, SplittableRandom random) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    tensors.put("in", Networks.normal(random, width, OUTSIDE));
    for (int block = 0; block < BLOCKS; block++) {
      tensors.put(block + ".w1", Networks.normal(random, width, width));
      tensors.put(block + ".b1", Networks.normal(random, width));
      tensors.put(block + ".w2", Networks.normal(random, width, width));
      tensors.put(block + ".b2", Networks.normal(random, width));
    }
    tensors.put("out", Networks.normal(random, OUTSIDE, width));
    return Checkpoint.of(tensors);
  }

  static Checkpoint noisy(Checkpoint a, SplittableRandom random) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    a.names().forEach(name -> {
      INDArray tensor = a.tensor(name);
      tensors.put(name, tensor.addi(Networks.normal(random, tensor.shape()).muli(NOISE)));
    });
    return Checkpoint.of(tensors);
  }
}
