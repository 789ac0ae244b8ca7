package io.modelweave.core.transformer;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** If a recorded run differed from SameDiff's own, every loss and gradient of a language model would be wrong from the second batch on. */
class RecordedGraphTest {

  private static final double CLOSE = 1e-5; // FLOAT, values around 1
  private static final int ROWS = 6;

  private final SplittableRandom random = new SplittableRandom(3);
  private final HostFunctions host = new HostFunctions(true);
  private final SameDiff sd = SameDiff.create();
  private final SDVariable ids = sd.placeHolder("ids", DataType.INT32, ROWS);
  private final List<String> trained = new ArrayList<>();

  private SDVariable parameter(String name, boolean isTrained, long... shape) {
    long length = IntStream.range(0, shape.length).mapToLong(i -> shape[i]).reduce(1, Math::multiplyExact);
    float[] values = new float[(int) length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    INDArray array = Nd4j.create(values, shape, 'c');
    if (!isTrained) {
      return sd.constant(name, array);
    }
    trained.add(name);
    return sd.var(name, array);
  }

  private SDVariable rows() { // [6, 4], another selection of rows for other ids
    return sd.gather(parameter("table", false, 9, 4), ids, 0);
  }

  private int[] ids() {
    return random.ints(ROWS, 0, 9).toArray();
  }

  /** Records on one input, repeats on another, and compares with SameDiff on that other. */
  private void assertRepeats(SDVariable loss) {
    sd.setLossVariables(loss.name());
    sd.createGradFunction(trained.toArray(String[]::new));
    List<String> outputs = new ArrayList<>(List.of(loss.name()));
    trained.forEach(name -> outputs.add(sd.getVariable(name).getGradient().name()));
    SameDiff gradient = sd.getFunction("grad");
    int[] later = ids();
    try (RecordedGraph recorded = new RecordedGraph(gradient, host, Map.of("ids", ids()), outputs);
        INDArray placeholder = Nd4j.createFromArray(later)) {
      Map<String, INDArray> expected = new LinkedHashMap<>(gradient.output(Map.of("ids", placeholder), outputs));
      recorded.write("ids", later);
      recorded.repeat();
      recorded.repeat(); // a run must not depend on what the one before left behind
      expected.forEach((name, value) -> assertThatArray(recorded.value(name)).as(name).isCloseTo(value, CLOSE));
    }
  }

  @ParameterizedTest(name = "x transposed {0}, y transposed {1}, x trained {2}, y trained {3}")
  @CsvSource({"false,false,true,false", "false,false,false,true", "true,false,true,false", "true,false,false,true", "false,true,true,false",
      "false,true,false,true", "true,true,true,false", "true,true,false,true", "false,false,true,true", "true,true,true,true"})
  void gradients_of_products_are_right_whichever_factor_is_frozen(boolean transposedX, boolean transposedY, boolean trainX, boolean trainY) {
    SDVariable x = parameter("x", trainX, transposedX ? new long[] {4, 5} : new long[] {5, 4});
    SDVariable y = parameter("y", trainY, transposedY ? new long[] {3, 4} : new long[] {4, 3});
    SDVariable product = sd.mmul(x, y, transposedX, transposedY, false); // [5, 3]
    SDVariable weighted = sd.mmul(rows(), sd.mmul(parameter("w", false, 4, 5), product)); // [6, 3]

    assertRepeats(sd.mean(weighted.mul(weighted)));
  }

  @Test
  void softmax_of_four_dimensions_and_its_gradient_are_right_where_scores_are_masked() {
    SDVariable x = sd.reshape(sd.mmul(rows(), parameter("w", true, 4, 8)), 2, 2, 3, 4); // [2, 2, 3, 4]
    SDVariable mask = sd.constant("mask", Nd4j.create(new float[] {0, 0, -1e9f, 0, -1e9f, 0, 0, 0, 0, 0, 0, 0}, new long[] {1, 1, 3, 4}, 'c'));
    SDVariable weights = sd.nn.softmax(x.mul(3).add(mask), -1);
    SDVariable values = parameter("v", true, 2, 2, 4, 2);

    SDVariable mixed = sd.mmul(weights, values);
    assertRepeats(sd.mean(mixed.mul(mixed)));
  }

  @Test
  void masked_scores_have_a_weight_of_exactly_zero() {
    SDVariable mask = sd.constant("mask", Nd4j.create(new float[] {0, -1e9f, 0, -1e9f}, new long[] {1, 4}, 'c'));
    SDVariable weights = sd.nn.softmax(rows().mul(40).add(mask), -1);
    int[] later = ids();
    try (RecordedGraph recorded = new RecordedGraph(sd, host, Map.of("ids", ids()), List.of(weights.name()))) {
      recorded.write("ids", later);
      recorded.repeat();
      float[][] values = recorded.value(weights.name()).toFloatMatrix();

      assertThat(List.of(values)).allSatisfy(row -> {
        assertThat(row[1]).isZero();
        assertThat(row[3]).isZero();
        assertThat(row[0] + row[2]).isCloseTo(1, within(1e-6f));
      });
    }
  }

  @Test
  void gradients_of_a_bias_are_column_sums_also_where_its_input_is_frozen() {
    SDVariable first = rows().add(parameter("onFrozen", true, 4));
    SDVariable second = sd.mmul(first, parameter("w", true, 4, 4)).add(parameter("onTrained", true, 4)).add(parameter("frozen", false, 4));

    assertRepeats(sd.mean(second.mul(second)));
  }

  @Test
  void a_long_chain_runs_in_the_memory_of_a_short_one() {
    SDVariable x = rows();
    for (int i = 0; i < 50; i++) {
      x = sd.math.tanh(x.add(0.1));
    }
    RecordedGraph recorded = new RecordedGraph(sd, host, Map.of("ids", ids()), List.of(x.name()));

    assertThat(recorded.buffers()).isLessThanOrEqualTo(4);
    recorded.close();
  }

  @Test
  void parameters_that_an_identity_hands_through_are_not_written_to() {
    SDVariable table = parameter("w", false, 4, 4);
    SDVariable x = sd.mmul(rows(), sd.identity(table));
    for (int i = 0; i < 4; i++) {
      x = sd.math.tanh(sd.mmul(x, sd.identity(sd.math.tanh(sd.identity(table)))));
    }
    INDArray before = table.getArr().dup();
    try (RecordedGraph recorded = new RecordedGraph(sd, host, Map.of("ids", ids()), List.of(x.name()))) {
      recorded.repeat();

      assertThatArray(table.getArr()).isBitEqualTo(before);
    }
  }

  @Test
  void two_threads_at_once_get_what_one_gets() throws Exception {
    SDVariable y = sd.nn.softmax(sd.mmul(rows(), parameter("w", false, 4, 7)), -1);
    try (RecordedRuns runs = new RecordedRuns(sd, host, List.of(y.name(), y.name()))) {
      List<int[]> inputs = IntStream.range(0, 40).mapToObj(i -> ids()).toList();
      List<float[]> alone = inputs.stream().map(input -> run(runs, input)).toList();

      List<float[]> together = inputs.parallelStream().map(input -> run(runs, input)).toList();

      for (int i = 0; i < inputs.size(); i++) {
        assertThat(together.get(i)).containsExactly(alone.get(i));
      }
    }
  }

  private static float[] run(RecordedRuns runs, int[] input) {
    List<INDArray> results = runs.run(Map.of("ids", input));
    assertThat(results.get(0).data()).as("outputs asked for twice must not share memory").isNotSameAs(results.get(1).data());
    float[] values = results.get(0).ravel().toFloatVector();
    results.forEach(INDArray::close);
    return values;
  }
}
