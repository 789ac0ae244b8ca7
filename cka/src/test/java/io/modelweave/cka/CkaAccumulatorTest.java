package io.modelweave.cka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.Activations;
import io.modelweave.core.BatchWorkers;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class CkaAccumulatorTest {

  private static final Offset<Double> CLOSE = within(1e-10);

  private final double[][] x = Features.sines(24, 5);
  private final double[][] y = Features.cosinesOn(x, 7);

  @ParameterizedTest
  @ValueSource(strings = {"24", "1 23", "10 10 4", "5 1 1 17", "2 2 2 2 2 2 2 2 2 2 2 2"})
  void should_end_at_the_scores_of_all_samples_at_once(String sizes) {
    CkaAccumulator sums = CkaAccumulator.linear();

    addAll(sums, sizes);

    CkaMatrix expected = Cka.linear().heatMap(activations(x, 0, 24), activations(y, 0, 24));
    assertSame(sums.result(), expected);
    assertThat(sums.samples()).isEqualTo(24);
    assertThat(sums.result().score(0, 0).standardError()).isNaN();
    assertThat(sums.result().score(0, 0).warnings()).anyMatch(w -> w.contains("stream"));
  }

  @Test
  void should_lose_nothing_to_an_offset() {
    double[][] far = Features.plus(x, new double[24][5], 0);
    for (double[] row : far) {
      for (int j = 0; j < row.length; j++) {
        row[j] += 1000 * (j + 1);
      }
    }
    CkaAccumulator sums = CkaAccumulator.linear();
    for (int from = 0; from < 24; from += 6) {
      sums.add(activations(far, from, from + 6), activations(y, from, from + 6));
    }

    assertThat(sums.result().value(0, 0)).isCloseTo(0.467309723987, within(1e-9));
    assertThat(sums.result().score(0, 0).biased()).isCloseTo(0.539815369171, within(1e-9));
  }

  /** Moments about the mean of the first batch would keep nothing of the others beside its distance. */
  @Test
  void should_lose_nothing_to_a_first_batch_far_from_the_rest() {
    double[][] jump = Features.plus(x, new double[24][5], 0);
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < 5; j++) {
        jump[i][j] += 1e6;
      }
    }
    CkaAccumulator sums = CkaAccumulator.linear();
    CkaAccumulator backwards = CkaAccumulator.linear();
    for (int from = 0; from < 24; from += 4) {
      sums.add(activations(jump, from, from + 4), activations(y, from, from + 4));
      backwards.add(activations(jump, 20 - from, 24 - from), activations(y, 20 - from, 24 - from));
    }

    Score expected = Cka.linear().heatMap(activations(jump, 0, 24), activations(y, 0, 24)).score(0, 0);
    assertThat(sums.result().value(0, 0)).isCloseTo(expected.value(), within(1e-9));
    assertThat(backwards.result().value(0, 0)).isCloseTo(expected.value(), within(1e-9));
    assertThat(sums.result().score(0, 0).biased()).isCloseTo(expected.biased(), within(1e-9));
  }

  @Test
  void should_merge_what_travelled_as_bytes() {
    CkaAccumulator first = CkaAccumulator.linear();
    first.add(activations(x, 0, 7), activations(y, 0, 7));
    CkaAccumulator second = CkaAccumulator.linear();
    second.add(activations(x, 7, 9), activations(y, 7, 9));
    second.add(activations(x, 9, 24), activations(y, 9, 24));
    CkaAccumulator all = CkaAccumulator.linear();

    all.merge(CkaAccumulator.fromBytes(first.toBytes()));
    all.merge(CkaAccumulator.fromBytes(CkaAccumulator.linear().toBytes()));
    all.merge(CkaAccumulator.fromBytes(second.toBytes()));

    assertSame(all.result(), Cka.linear().heatMap(activations(x, 0, 24), activations(y, 0, 24)));
    assertThat(CkaAccumulator.fromBytes(all.toBytes()).toBytes()).isEqualTo(all.toBytes());
    assertThat(first.samples()).isEqualTo(7);
  }

  /** Against a NumPy run of the same cuts. */
  @ParameterizedTest
  @CsvSource({
    "PAIRS, 10 10 4, 0.591205726473", "EQUAL, 10 10 4, 0.720150362285", "PAIRS, 12 12, 0.606115531184", "EQUAL, 12 12, 0.606115531184",
    "PAIRS, 8 8 8, 0.775845212660", "PAIRS, 24, 0.467309723987"})
  void should_weigh_mini_batches_as_asked(BatchWeight weight, String sizes, double expected) {
    CkaAccumulator sums = miniBatches(Kernel.linear(), weight);

    addAll(sums, sizes);

    assertThat(sums.result().value(0, 0)).isCloseTo(expected, CLOSE);
    assertThat(sums.result().value(1, 0)).isNotCloseTo(expected, within(1e-3));
    assertThat(sums.result().score(0, 0).warnings()).anyMatch(w -> w.contains("weighted " + weight));
    assertThat(sums.result().score(0, 0).biased()).isNaN();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 5})
  void should_not_depend_on_the_number_of_workers(int threads) {
    List<Supplier<CkaAccumulator>> kinds =
        List.of(CkaAccumulator::linear, () -> miniBatches(Kernel.rbf(Bandwidth.fixed(2)), BatchWeight.PAIRS));
    for (Supplier<CkaAccumulator> kind : kinds) {
      CkaAccumulator one = kind.get();
      CkaAccumulator several = kind.get().workers(new BatchWorkers(threads));

      addAll(one, "10 10 4");
      addAll(several, "10 10 4");

      assertThat(several.toBytes()).isEqualTo(one.toBytes());
    }
  }

  @Test
  void should_use_one_bandwidth_for_all_batches() {
    CkaAccumulator sums = miniBatches(Kernel.rbf(Bandwidth.median()), BatchWeight.PAIRS);
    double ofAll = Bandwidth.median().of(Features.array(x));

    addAll(sums, "24");

    assertThat(sums.result().score(0, 0).bandwidthX()).isCloseTo(ofAll, CLOSE);
    assertThat(sums.result().value(0, 0)).isCloseTo(0.426638666459, CLOSE);
  }

  @Test
  void should_merge_mini_batches_that_travelled_as_bytes() {
    CkaAccumulator whole = miniBatches(Kernel.rbf(Bandwidth.fixed(2)), BatchWeight.PAIRS);
    addAll(whole, "8 8 8");
    CkaAccumulator worker = miniBatches(Kernel.rbf(Bandwidth.fixed(2)), BatchWeight.PAIRS);
    worker.add(activations(x, 8, 16), activations(y, 8, 16));
    worker.add(activations(x, 16, 24), activations(y, 16, 24));
    CkaAccumulator sums = miniBatches(Kernel.rbf(Bandwidth.fixed(2)), BatchWeight.PAIRS);
    sums.add(activations(x, 0, 8), activations(y, 0, 8));

    CkaAccumulator arrived = CkaAccumulator.fromBytes(worker.toBytes());
    sums.merge(arrived);

    assertThat(sums.result().value(1, 1)).isEqualTo(whole.result().value(1, 1));
    assertThat(sums.result().score(0, 0).standardError()).isEqualTo(whole.result().score(0, 0).standardError()).isPositive();
    assertThatThrownBy(() -> arrived.add(activations(x, 0, 8), activations(y, 0, 8)))
        .isInstanceOf(IllegalStateException.class).hasMessageContaining("no kernel");
  }

  @Test
  void should_count_and_skip_batches_that_are_too_small() {
    CkaAccumulator sums = miniBatches(Kernel.linear(), BatchWeight.PAIRS);

    addAll(sums, "21 3");

    assertThat(sums.samples()).isEqualTo(21);
    assertThat(sums.result().score(0, 0).warnings()).anyMatch(w -> w.contains("1 batches of fewer than 4 samples were skipped"));
  }

  @Test
  void should_refuse_a_sample_that_comes_twice() {
    CkaAccumulator sums = CkaAccumulator.linear();
    sums.add(activations(x, 0, 8), activations(y, 0, 8));

    assertThatThrownBy(() -> sums.add(activations(x, 7, 12), activations(y, 7, 12)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("sample \"s7\" was added before");
    CkaAccumulator other = CkaAccumulator.linear();
    other.add(activations(x, 4, 9), activations(y, 4, 9));
    assertThatThrownBy(() -> sums.merge(other)).hasMessageContaining("sample \"s4\" was added before");
    assertThat(sums.samples()).isEqualTo(8);
  }

  @Test
  void should_refuse_batches_that_do_not_fit() {
    CkaAccumulator sums = CkaAccumulator.linear();
    sums.add(activations(x, 0, 8), activations(y, 0, 8));

    assertThatThrownBy(() -> sums.add(activations(x, 8, 12), activations(y, 9, 13)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("row 0 is sample \"s8\" against \"s9\"");
    assertThatThrownBy(() -> sums.add(activations(y, 8, 12), activations(y, 8, 12)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("layers of a").hasMessageContaining("plain=5");
    INDArray bad = Features.array(rows(x, 8, 12));
    bad.putScalar(2, 1, Double.NaN);
    assertThatThrownBy(() -> sums.add(Activations.of(Map.of("plain", bad, "twisted", bad), ids(8, 12)), activations(y, 8, 12)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(sums.samples()).isEqualTo(8);
  }

  @Test
  void should_refuse_to_merge_what_cannot_be_added_up() {
    CkaAccumulator linear = CkaAccumulator.linear();
    CkaAccumulator batches = miniBatches(Kernel.rbf(Bandwidth.fixed(2)), BatchWeight.PAIRS);

    assertThatThrownBy(() -> linear.merge(batches)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("same kind");
    assertThatThrownBy(() -> batches.merge(linear)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("same kind");
    assertThatThrownBy(() -> batches.merge(miniBatches(Kernel.rbf(Bandwidth.fixed(3)), BatchWeight.PAIRS)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("same pilot");
    assertThatThrownBy(() -> miniBatches(Kernel.rbf(Bandwidth.dualMedian()), BatchWeight.PAIRS))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("one for each sample");
  }

  @Test
  void should_refuse_a_result_of_too_few_samples() {
    CkaAccumulator sums = CkaAccumulator.linear();
    sums.add(activations(x, 0, 3), activations(y, 0, 3));

    assertThatThrownBy(sums::result).isInstanceOf(IllegalStateException.class).hasMessageContaining("at least 4 samples, but 3 were added");
    assertThatThrownBy(() -> miniBatches(Kernel.linear(), BatchWeight.EQUAL).result())
        .isInstanceOf(IllegalStateException.class).hasMessageContaining("no batch of at least 4");
  }

  @Test
  void should_refuse_bytes_of_something_else() {
    byte[] whole = CkaAccumulator.linear().toBytes();
    CkaAccumulator full = CkaAccumulator.linear();
    full.add(activations(x, 0, 8), activations(y, 0, 8));
    byte[] cut = Arrays.copyOf(full.toBytes(), full.toBytes().length - 8);
    byte[] newer = whole.clone();
    newer[7] = 9;

    assertThatThrownBy(() -> CkaAccumulator.fromBytes(new byte[20])).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not of a CkaAccumulator");
    assertThatThrownBy(() -> CkaAccumulator.fromBytes(new byte[0])).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("these 0 bytes");
    assertThatThrownBy(() -> CkaAccumulator.fromBytes(cut)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("cut off");
    assertThatThrownBy(() -> CkaAccumulator.fromBytes(newer)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("version 9");
  }

  @Test
  void should_refuse_bytes_that_were_damaged_wherever_that_was() {
    CkaAccumulator linear = CkaAccumulator.linear();
    linear.add(activations(x, 0, 8), activations(y, 0, 8));
    CkaAccumulator batches = miniBatches(Kernel.rbf(Bandwidth.median()), BatchWeight.PAIRS);
    batches.add(activations(x, 0, 8), activations(y, 0, 8));

    for (CkaAccumulator sums : List.of(linear, batches)) {
      byte[] bytes = sums.toBytes();
      for (int at = 0; at < bytes.length; at += 1 + at / 7) {
        byte[] damaged = bytes.clone();
        damaged[at] ^= 0x40;
        byte[] cut = Arrays.copyOf(bytes, at);

        assertThatThrownBy(() -> CkaAccumulator.fromBytes(damaged)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> CkaAccumulator.fromBytes(cut)).isInstanceOf(IllegalArgumentException.class);
      }
      assertThatThrownBy(() -> CkaAccumulator.fromBytes(Arrays.copyOf(bytes, bytes.length + 3)))
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("damaged or cut off");
    }
  }

  @Test
  void should_refuse_to_merge_other_layers() {
    CkaAccumulator linear = CkaAccumulator.linear();
    linear.add(activations(x, 0, 8), activations(y, 0, 8));
    CkaAccumulator narrower = CkaAccumulator.linear();
    narrower.add(activations(x, 8, 16), Activations.of(Map.of("plain", Features.array(rows(y, 8, 16))), ids(8, 16)));

    assertThatThrownBy(() -> linear.merge(CkaAccumulator.fromBytes(narrower.toBytes()))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the layers of b and their widths are {plain=7}, but were {plain=7, twisted=7} before");
    assertThat(linear.samples()).isEqualTo(8);
  }

  @Test
  void should_name_the_layer_that_batches_tell_nothing_of() {
    CkaAccumulator sums = CkaAccumulator.miniBatches(Kernel.linear(), BatchWeight.PAIRS, activations(x, 0, 24), withSimplex(0));
    sums.add(activations(x, 0, 12), withSimplex(0));
    sums.add(activations(x, 12, 24), withSimplex(12));

    Score s = sums.result().score("plain", "simplex");

    assertThat(s.status()).isEqualTo(Score.Status.DEGENERATE);
    assertThat(s.value()).isNaN();
    assertThat(s.warnings())
        .anyMatch(w -> w.startsWith("layer \"simplex\" of b is constant over the samples of each batch, or these are all"));
    assertThat(sums.result().score("plain", "sines").status()).isEqualTo(Score.Status.OK);
  }

  @Test
  void should_say_why_a_single_batch_has_no_error() {
    CkaAccumulator sums = miniBatches(Kernel.linear(), BatchWeight.PAIRS);

    addAll(sums, "24");

    assertThat(sums.result().score(0, 0).standardError()).isNaN();
    assertThat(sums.result().score(0, 0).warnings()).contains("no standard error: without one of the 1 batches there is no value");
  }

  @Test
  void should_name_the_layer_that_is_not_finite_and_add_nothing() {
    INDArray bad = Features.array(rows(y, 0, 8));
    bad.putScalar(2, 1, Double.NEGATIVE_INFINITY);
    Activations spoilt = Activations.of(new LinkedHashMap<>(Map.of("only", bad)), ids(0, 8));
    Activations pilot = Activations.of(Map.of("only", Features.array(y)), ids(0, 24));

    for (CkaAccumulator sums : List.of(CkaAccumulator.linear(),
        CkaAccumulator.miniBatches(Kernel.linear(), BatchWeight.PAIRS, activations(x, 0, 24), pilot))) {
      assertThatThrownBy(() -> sums.add(activations(x, 0, 8), spoilt)).isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("layer \"only\" of b").hasMessageContaining("-Infinity at row 2, column 1");
      assertThat(sums.samples()).isZero();
    }
    assertThatThrownBy(() -> CkaAccumulator.miniBatches(Kernel.rbf(Bandwidth.median()), BatchWeight.PAIRS, activations(x, 0, 24),
        Activations.of(Map.of("dead", Nd4j.ones(24, 3))))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("gives rbf(median d) no bandwidth").hasMessageContaining("layer \"dead\" of b");
    assertThatThrownBy(() -> CkaAccumulator.miniBatches(Kernel.rbf(Bandwidth.median()), BatchWeight.PAIRS, activations(x, 0, 1),
        activations(y, 0, 24))).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("the pilot of a has 1 samples: too few");
  }

  /** Twelve samples that are all equally far apart, and a layer that is not so. */
  private static Activations withSimplex(int from) {
    double[][] simplex = new double[12][12];
    for (int i = 0; i < 12; i++) {
      simplex[i][i] = 2;
    }
    Map<String, INDArray> layers = new LinkedHashMap<>();
    layers.put("simplex", Features.array(simplex));
    layers.put("sines", Features.array(Features.sines(12, 3)));
    return Activations.of(layers, ids(from, from + 12));
  }

  @Test
  void should_mark_a_constant_layer() {
    CkaAccumulator sums = CkaAccumulator.linear();
    for (int from = 0; from < 24; from += 12) {
      Activations constant = Activations.of(Map.of("dead", Nd4j.ones(12, 3)), ids(from, from + 12));
      sums.add(constant, activations(y, from, from + 12));
    }

    assertThat(sums.result().score(0, 0).status()).isEqualTo(Score.Status.DEGENERATE);
  }

  private CkaAccumulator miniBatches(Kernel kernel, BatchWeight weight) {
    return CkaAccumulator.miniBatches(kernel, weight, activations(x, 0, 24), activations(y, 0, 24));
  }

  private void addAll(CkaAccumulator sums, String sizes) {
    int from = 0;
    for (String size : sizes.split(" ")) {
      int to = from + Integer.parseInt(size);
      sums.add(activations(x, from, to), activations(y, from, to));
      from = to;
    }
  }

  private static void assertSame(CkaMatrix actual, CkaMatrix expected) {
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 2; j++) {
        Score s = actual.score(i, j);
        Score all = expected.score(i, j);
        assertThat(s.value()).isCloseTo(all.value(), CLOSE);
        assertThat(s.biased()).isCloseTo(all.biased(), CLOSE);
        assertThat(s.lange()).isCloseTo(all.lange(), CLOSE);
        assertThat(s.nullFloor()).isCloseTo(all.nullFloor(), CLOSE);
        assertThat(s.permutationSd()).isCloseTo(all.permutationSd(), CLOSE);
        assertThat(s.n()).isEqualTo(all.n());
        assertThat(s.p()).isEqualTo(all.p());
        assertThat(s.q()).isEqualTo(all.q());
      }
    }
  }

  /** Two layers: the features, and the features with squares of themselves. */
  private static Activations activations(double[][] features, int from, int to) {
    double[][] rows = rows(features, from, to);
    double[][] twisted = new double[rows.length][];
    for (int i = 0; i < rows.length; i++) {
      twisted[i] = Arrays.stream(rows[i]).map(v -> v * v - 0.3 * v).toArray();
    }
    Map<String, INDArray> layers = new LinkedHashMap<>();
    layers.put("plain", Features.array(rows));
    layers.put("twisted", Features.array(twisted));
    return Activations.of(layers, ids(from, to));
  }

  private static double[][] rows(double[][] features, int from, int to) {
    return Arrays.copyOfRange(features, from, to);
  }

  private static List<String> ids(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "s" + i).toList();
  }
}
