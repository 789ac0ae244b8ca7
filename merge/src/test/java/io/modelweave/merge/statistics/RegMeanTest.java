package io.modelweave.merge.statistics;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.dl4j.NetworkWeights;
import io.modelweave.core.testing.GoldenFamilies;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.merge.ActivationMerger;
import io.modelweave.merge.statistics.GramMatrices.Gram;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class RegMeanTest {

  private static final double CLOSE = 1e-5;
  private static final RegMean PLAIN = new RegMean(1, 0);

  private final INDArray left = normal(1, 40, 4);
  private final INDArray right = normal(2, 30, 4).muliRowVector(Nd4j.createFromArray(3f, 1f, 0.2f, 1f));
  private final Checkpoint a = Checkpoint.of(Map.of("W", normal(3, 4, 3), "b", normal(4, 3)));
  private final Checkpoint b = Checkpoint.of(Map.of("W", normal(5, 4, 3), "b", normal(6, 3)));

  @Test
  void should_minimise_the_distance_between_answers() {
    INDArray merged = PLAIN.merge(List.of(a, b), List.of(grams(left), grams(right)), List.of(1.0, 2.0)).tensor("W");

    double least = loss(merged);
    SplittableRandom random = new SplittableRandom(7);
    for (int trial = 0; trial < 50; trial++) {
      INDArray elsewhere = merged.add(normal(random.nextLong(), 4, 3).mul(Math.pow(10, -random.nextInt(3))));
      assertThat(loss(elsewhere)).isGreaterThan(least);
    }
    assertThat(loss(a.tensor("W"))).isGreaterThan(least);
  }

  @Test
  void should_give_one_model_itself_and_equal_inputs_the_mean() {
    for (RegMean regMean : List.of(PLAIN, RegMean.defaults(), new RegMean(0, 0.5))) {
      assertThatArray(regMean.merge(List.of(a), List.of(grams(left))).tensor("W")).isBitEqualTo(a.tensor("W"));
      assertThatArray(regMean.merge(List.of(a, a), List.of(grams(left), grams(right))).tensor("W")).isBitEqualTo(a.tensor("W"));
      assertThatArray(regMean.merge(List.of(a, b), List.of(grams(left), grams(left))).tensor("W"))
          .isCloseTo(a.tensor("W").add(b.tensor("W")).mul(0.5), CLOSE);
    }
    assertThatArray(PLAIN.merge(List.of(a, b), List.of(grams(left), grams(right)), List.of(1.0, 3.0)).tensor("b"))
        .isCloseTo(a.tensor("b").mul(0.25).add(b.tensor("b").mul(0.75)), CLOSE);
  }

  @Test
  void should_weigh_inputs_by_their_mean_squares_without_off_diagonal_elements() {
    INDArray merged = new RegMean(0, 0).merge(List.of(a, b), List.of(grams(left), grams(right))).tensor("W");

    for (int i = 0; i < 4; i++) {
      double ofA = grams(left).byWeight().get("W").matrix()[5 * i];
      double ofB = grams(right).byWeight().get("W").matrix()[5 * i];
      for (int j = 0; j < 3; j++) {
        double expected = (ofA * a.tensor("W").getDouble(i, j) + ofB * b.tensor("W").getDouble(i, j)) / (ofA + ofB);
        assertThat(merged.getDouble(i, j)).isCloseTo(expected, within(CLOSE));
      }
    }
  }

  @Test
  void should_merge_weights_with_outputs_first_alike() {
    Checkpoint turnedA = Checkpoint.of(Map.of("W", a.tensor("W").transpose(), "b", a.tensor("b")));
    Checkpoint turnedB = Checkpoint.of(Map.of("W", b.tensor("W").transpose(), "b", b.tensor("b")));
    List<GramMatrices> turned = List.of(new GramMatrices(Map.of("W", Gram.of(left, 1))), new GramMatrices(Map.of("W", Gram.of(right, 1))));

    assertThatArray(RegMean.defaults().merge(List.of(turnedA, turnedB), turned).tensor("W"))
        .isCloseTo(RegMean.defaults().merge(List.of(a, b), List.of(grams(left), grams(right))).tensor("W").transpose(), CLOSE);
  }

  @Test
  void should_give_an_input_that_never_occurs_the_mean_or_say_that_it_is_singular() {
    INDArray deadLeft = left.mulRowVector(Nd4j.createFromArray(1f, 0f, 1f, 1f));
    INDArray deadRight = right.mulRowVector(Nd4j.createFromArray(1f, 0f, 1f, 1f));

    INDArray merged = RegMean.defaults().merge(List.of(a, b), List.of(grams(deadLeft), grams(deadRight))).tensor("W");

    assertThatArray(merged.getRow(1)).isCloseTo(a.tensor("W").getRow(1).add(b.tensor("W").getRow(1)).mul(0.5), CLOSE);
    assertThatThrownBy(() -> PLAIN.merge(List.of(a, b), List.of(grams(deadLeft), grams(deadRight))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the Gram matrices of \"W\" are singular").hasMessageContaining("use a ridge above 0.0");
  }

  @Test
  void should_gather_second_moments_of_dense_layers_batch_by_batch() {
    MultiLayerNetwork network = FisherInformationTest.classifier(1);
    INDArray inputs = normal(8, 25, 2);

    GramMatrices grams = GramMatrices.of(network, List.of(inputs.getRows(IntStream.range(0, 10).toArray()),
        inputs.getRows(IntStream.range(10, 25).toArray())));

    assertThat(grams.byWeight()).containsOnlyKeys("0_W", "1_W");
    assertClose(grams.byWeight().get("0_W"), Gram.of(inputs, 0));
    assertClose(grams.byWeight().get("1_W"), Gram.of(network.feedForward(inputs).get(1), 0));
    assertThat(grams.byWeight().get("1_W").rows()).isEqualTo(25);
    try (Checkpoint weights = NetworkWeights.checkpoint(network)) {
      Checkpoint merged = RegMean.defaults().merge(List.of(weights, weights), List.of(grams, grams));
      assertThatArray(NetworkWeights.withWeights(network, merged).params()).isBitEqualTo(network.params());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2-math", "gpt2-gelu-untied", "llama", "qwen2", "llama3-rope", "gpt_neox", "neox-tied"})
  void should_gather_the_inputs_of_all_linear_layers_of_language_models(String name) {
    LanguageModel model = name.startsWith("gpt2") ? GoldenModels.load(name) : GoldenFamilies.load(name);
    TokenBatch batch = name.startsWith("gpt2") ? GoldenModels.batch() : GoldenFamilies.batch(name);

    GramMatrices grams = GramMatrices.of(model, List.of(batch, batch));

    Set<String> matrices = new HashSet<>();
    model.parameters().forEach((parameter, array) -> {
      if (array.rank() == 2 && !parameter.matches(".*(wte|wpe|embed_tokens|embed_in).*")) {
        matrices.add(parameter);
      }
    });
    assertThat(grams.byWeight().keySet()).isEqualTo(matrices);
    grams.byWeight().forEach((weight, gram) -> {
      assertThat(gram.rows()).isEqualTo(2L * batch.batch() * batch.length());
      assertThat((long) gram.width()).as(weight).isEqualTo(model.parameters().get(weight).size(gram.inputAxis()));
    });
    INDArray input = model.outputs(batch, List.of("block.1.attention.mixed")).get("block.1.attention.mixed");
    String projection = grams.byWeight().keySet().stream()
        .filter(weight -> weight.matches(".*[.]1[.].*(attn[.]c_proj|o_proj|dense)[.]weight")).findFirst().orElseThrow();
    assertClose(grams.byWeight().get(projection), Gram.of(input.reshape(-1, input.size(2)), 0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "llama3-rope", "gpt_neox"})
  void should_keep_its_laws_for_language_models(String name) {
    LanguageModel model = GoldenFamilies.load(name);
    LanguageModel other = LanguageModel.random(model.configuration(), 3);
    GramMatrices grams = GramMatrices.of(model, List.of(GoldenFamilies.batch(name)));
    GramMatrices others = GramMatrices.of(other, List.of(GoldenFamilies.batch(name)));
    try (Checkpoint a = model.checkpoint();
        Checkpoint b = other.checkpoint()) {
      Checkpoint alone = RegMean.defaults().merge(List.of(a), List.of(grams));
      Checkpoint alike = RegMean.defaults().merge(List.of(a, b), List.of(grams, grams));
      Checkpoint merged = RegMean.defaults().merge(List.of(a, b), List.of(grams, others));

      for (String parameter : a.names()) {
        INDArray mean = a.tensor(parameter).add(b.tensor(parameter)).mul(0.5);
        assertThatArray(alone.tensor(parameter)).isBitEqualTo(a.tensor(parameter));
        assertThatArray(alike.tensor(parameter)).as(parameter).isCloseTo(mean, CLOSE);
        double moved = merged.tensor(parameter).sub(mean).amaxNumber().doubleValue();
        assertThat(moved > 1e-4).as("%s is merged by its inputs", parameter).isEqualTo(grams.byWeight().containsKey(parameter));
      }
      assertThat(LanguageModel.of(model.configuration(), merged).loss(List.of(GoldenFamilies.batch(name)))).isFinite();
    }
  }

  @Test
  void should_refuse_language_models_with_other_layers_than_mlps() {
    LanguageModel mixed = ActivationMerger.interpolate(GoldenModels.load("gpt2-math"), GoldenModels.load("gpt2-code"), 0.5);

    assertThatThrownBy(() -> GramMatrices.of(mixed, List.of(GoldenModels.batch()))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("block 0 holds a MixedFeedForward, block 1 holds");
    assertThatThrownBy(() -> GramMatrices.of(GoldenModels.load("gpt2-math"), List.of())).hasMessageContaining("no Gram matrix");
  }

  @Test
  void should_name_everything_that_does_not_fit() {
    GramMatrices wide = new GramMatrices(Map.of("W", Gram.of(normal(1, 9, 5), 0)));
    GramMatrices absent = new GramMatrices(Map.of("X", Gram.of(left, 0)));

    assertThatThrownBy(() -> PLAIN.merge(List.of(a, b), List.of(wide, absent))).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("set 0, \"W\": inputs of width 5 along axis 0, but the tensor is F32 [4, 3]")
        .hasMessageContaining("set 1, \"X\"").hasMessageContaining("set 1 is of the layers [X]");
    assertThatThrownBy(() -> PLAIN.merge(List.of(a, b), List.of(wide))).hasMessageContaining("2 models and 1 sets");
    assertThatThrownBy(() -> new RegMean(1.5, -1)).hasMessageContaining("offDiagonal is 1.5").hasMessageContaining("ridge is -1.0");
    assertThatThrownBy(() -> GramMatrices.of(FisherInformationTest.classifier(1), List.of())).hasMessageContaining("no Gram matrix");
    assertThatThrownBy(() -> new Gram(new double[3], 2, 1, 0)).hasMessageContaining("3 numbers for width 2");
  }

  @Test
  void should_solve_positive_definite_systems_of_all_small_sizes() {
    SplittableRandom random = new SplittableRandom(9);
    for (int n = 1; n <= 7; n++) {
      for (int m = 1; m <= 3; m++) {
        double[][] factor = new double[n + 2][];
        IntStream.range(0, n + 2).forEach(i -> factor[i] = random.doubles(7, -1, 1).toArray());
        double[][] matrix = new double[n][n];
        double[][] solution = new double[n][];
        for (int i = 0; i < n; i++) {
          solution[i] = random.doubles(m, -1, 1).toArray();
          for (int j = 0; j < n; j++) {
            for (double[] row : factor) {
              matrix[i][j] += row[i] * row[j];
            }
          }
        }
        double[][] b = Nd4j.createFromArray(matrix).mmul(Nd4j.createFromArray(solution)).toDoubleMatrix();

        new PositiveDefiniteSystem(matrix).solveInPlace(b);

        assertThatArray(Nd4j.createFromArray(b)).isCloseTo(Nd4j.createFromArray(solution), 1e-8);
      }
    }
    assertThatThrownBy(() -> new PositiveDefiniteSystem(new double[][] {{1, 2}, {2, 1}})).isInstanceOf(ArithmeticException.class)
        .hasMessage("pivot 1 of 2 is -3.0");
  }

  private double loss(INDArray weights) {
    return mean(left, weights, a) / 3 + 2 * mean(right, weights, b) / 3;
  }

  /** Mean squared distance of answers, with every sample's row as it is. */
  private static double mean(INDArray inputs, INDArray weights, Checkpoint model) {
    INDArray difference = inputs.castTo(DataType.DOUBLE).mmul(weights.sub(model.tensor("W")).castTo(DataType.DOUBLE));
    return difference.mul(difference).sumNumber().doubleValue() / inputs.size(0);
  }

  private static GramMatrices grams(INDArray inputs) {
    return new GramMatrices(Map.of("W", Gram.of(inputs, 0)));
  }

  private static void assertClose(Gram actual, Gram expected) {
    assertThatArray(Nd4j.createFromArray(actual.matrix())).isCloseTo(Nd4j.createFromArray(expected.matrix()), CLOSE);
  }

  private static INDArray normal(long seed, long... shape) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[(int) Arrays.stream(shape).reduce(1, Math::multiplyExact)];
    IntStream.range(0, values.length).forEach(i -> values[i] = (float) random.nextGaussian());
    return Nd4j.create(values, shape, 'c');
  }
}
