package io.modelweave.moe.sparse;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.testing.GoldenFamilies;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.transformer.Mlp;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The arithmetic of gathered tokens on arrays; that routed models agree with the graph's own operations is tested beside them. */
class SparseMixtureTest {

  private static final double CLOSE = 1e-5; // FLOAT, relative to the largest value
  private static final int TOKENS = 900; // an expert that has them all takes three products

  private final SplittableRandom random = new SplittableRandom(2);

  private static List<Mlp> experts(String family) {
    LanguageModel model = family.startsWith("gpt2") ? GoldenModels.load(family) : GoldenFamilies.load(family);
    return IntStream.range(0, 3).mapToObj(i -> (Mlp) model.feedForward(i % model.configuration().layers())).toList();
  }

  /** Returns rows of tokens and gates: positive, and different in each row. */
  private INDArray input(int tokens, int width, int experts) {
    float[] values = new float[tokens * (width + experts)];
    for (int i = 0; i < values.length; i++) {
      boolean gate = i % (width + experts) >= width;
      values[i] = (float) (gate ? random.nextDouble(0.01, 1) : random.nextGaussian());
    }
    return Nd4j.create(values, new long[] {tokens, width + experts}, 'c');
  }

  private static INDArray forward(SparseMixture mixture, INDArray input, int width) {
    INDArray output = Nd4j.create(DataType.FLOAT, input.size(0), width);
    mixture.forward(input, output);
    return output;
  }

  private static INDArray columns(INDArray matrix, int from, int to) {
    return matrix.get(NDArrayIndex.all(), NDArrayIndex.interval(from, to)).dup('c');
  }

  private static INDArray withGate(INDArray tokens, double gate) {
    return Nd4j.concat(1, tokens, Nd4j.ones(DataType.FLOAT, tokens.size(0), 1).muli(gate)).dup('c');
  }

  /** Returns the outputs of each expert for all tokens. */
  private static List<INDArray> alone(List<Mlp> experts, INDArray tokens) {
    return experts.stream().map(e -> forward(SparseMixture.of("alone", List.of(e), 1), withGate(tokens, 1), (int) e.width())).toList();
  }

  /** Returns the places of the {@code k} largest of a row. */
  private static List<Integer> largest(float[] row, int k) {
    return IntStream.range(0, row.length).boxed().sorted((a, b) -> Float.compare(row[b], row[a])).limit(k).toList();
  }

  @ParameterizedTest
  @CsvSource({"gpt2-math,1", "gpt2-math,2", "gpt2-math,3", "gpt2-gelu-untied,2", "qwen2,2", "llama,3", "gpt_neox,2"})
  void should_add_the_outputs_of_the_chosen_experts(String family, int k) {
    List<Mlp> experts = experts(family);
    int width = (int) experts.get(0).width();
    INDArray input = input(TOKENS, width, 3);
    float[][] gates = columns(input, width, width + 3).toFloatMatrix();
    List<INDArray> alone = alone(experts, columns(input, 0, width));
    INDArray expected = Nd4j.zeros(DataType.FLOAT, TOKENS, width);
    for (int n = 0; n < TOKENS; n++) {
      for (int e : largest(gates[n], k)) {
        expected.getRow(n).addi(alone.get(e).getRow(n).mul(gates[n][e]));
      }
    }

    SparseMixture mixture = SparseMixture.of("block 0", experts, k);

    assertThatArray(forward(mixture, input, width)).isRelativelyCloseTo(expected, CLOSE);
    assertThatArray(forward(mixture, input.dup('f'), width)).as("whatever the order").isBitEqualTo(forward(mixture, input, width));
  }

  @ParameterizedTest
  @CsvSource({"gpt2-math,1", "gpt2-math,3", "gpt2-gelu-untied,2", "qwen2,2", "gpt_neox,2"})
  void should_pass_gradients_to_the_gates_and_tokens_of_the_chosen_experts_alone(String family, int k) {
    List<Mlp> experts = experts(family);
    int width = (int) experts.get(0).width();
    INDArray input = input(TOKENS, width, 3);
    INDArray tokens = columns(input, 0, width);
    float[][] gates = columns(input, width, width + 3).toFloatMatrix();
    INDArray dy = columns(input(TOKENS, width, 3), 0, width);
    List<INDArray> alone = alone(experts, tokens);
    List<INDArray> gradientsAlone = experts.stream().map(e -> gradient(List.of(e), 1, withGate(tokens, 1), dy, true, new int[1])).toList();
    INDArray expected = Nd4j.zeros(DataType.FLOAT, TOKENS, width + 3);
    int[] loads = new int[3];
    for (int n = 0; n < TOKENS; n++) {
      for (int e : largest(gates[n], k)) {
        INDArray row = expected.getRow(n);
        row.get(NDArrayIndex.interval(0, width)).addi(columns(gradientsAlone.get(e), 0, width).getRow(n).mul(gates[n][e]));
        row.putScalar(width + e, dy.getRow(n).mul(alone.get(e).getRow(n)).sumNumber().doubleValue());
        loads[e]++;
      }
    }

    int[] heard = new int[3];
    INDArray actual = gradient(experts, k, input, dy, true, heard);
    INDArray gatesAlone = gradient(experts, k, input, dy, false, heard);

    assertThatArray(actual).isRelativelyCloseTo(expected, CLOSE);
    assertThatArray(columns(gatesAlone, width, width + 3)).isBitEqualTo(columns(actual, width, width + 3));
    assertThat(columns(gatesAlone, 0, width).amaxNumber().doubleValue()).as("the gradient nobody asked for").isZero();
    assertThat(heard).isEqualTo(loads);
  }

  private static INDArray gradient(List<Mlp> experts, int k, INDArray input, INDArray dy, boolean inputGradient, int[] heard) {
    SparseMixture mixture = SparseMixture.forTraining("block 0", experts, k, inputGradient,
        loads -> System.arraycopy(loads, 0, heard, 0, loads.length));
    INDArray result = Nd4j.create(DataType.FLOAT, input.shape());
    forward(mixture, input.mul(0.5), (int) experts.get(0).width()); // what one pass keeps must not show in the next
    forward(mixture, input, (int) experts.get(0).width());
    mixture.backward(input, dy, result);
    mixture.close();
    return result;
  }

  @Test
  void should_give_each_token_the_same_whatever_comes_with_it() {
    List<Mlp> experts = experts("gpt2-math");
    SparseMixture mixture = SparseMixture.of("block 0", experts, 2);
    int width = (int) experts.get(0).width();
    INDArray input = input(TOKENS, width, 3);
    int[] order = IntStream.range(0, TOKENS).map(n -> (n * 7 + 3) % TOKENS).toArray();

    INDArray all = forward(mixture, input, width);

    assertThatArray(forward(mixture, input.getRows(order), width)).as("another order").isRelativelyCloseTo(all.getRows(order), CLOSE);
    int[] few = Arrays.copyOf(order, 5);
    assertThatArray(forward(mixture, input.getRows(few), width)).as("few of them").isRelativelyCloseTo(all.getRows(few), CLOSE);
  }

  @Test
  void should_say_what_is_wrong() {
    List<Mlp> experts = experts("gpt2-math");
    int width = (int) experts.get(0).width();
    INDArray input = input(2, width, 3);
    INDArray broken = input.dup().putScalar(1, width + 2, Float.NaN);
    INDArray dy = Nd4j.zeros(DataType.FLOAT, 2, width);

    assertThatThrownBy(() -> SparseMixture.of("block 4", experts, 4)).hasMessageContaining("block 4: topK is 4")
        .hasMessageContaining("number of experts, 3");
    assertThatThrownBy(() -> forward(SparseMixture.of("block 4", experts, 2), broken, width)).isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("block 4: the gate of expert 2 for token 1 is not a number");
    assertThatThrownBy(() -> SparseMixture.of("block 4", experts, 2).backward(input, dy, input.dup()))
        .isInstanceOf(IllegalStateException.class).hasMessageContaining("block 4").hasMessageContaining("forTraining");
    assertThatThrownBy(() -> SparseMixture.forTraining("block 4", experts, 2, true, loads -> {}).backward(input, dy, input.dup()))
        .isInstanceOf(IllegalStateException.class).hasMessageContaining("before any forward pass");
  }
}
