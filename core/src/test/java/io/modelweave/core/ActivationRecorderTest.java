package io.modelweave.core;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ActivationRecorderTest {

  private static final double ROUNDED_ONCE = 1e-6; // a FLOAT of order 1, summed in double

  /** One batch of a source that answers with what it was given. */
  private record Batch(Map<String, float[][][]> sequences, Map<String, float[][]> rows, List<String> ids, float @Nullable [][] mask) {

    LayerOutputs outputs(List<String> layers) {
      Map<String, INDArray> byLayer = new LinkedHashMap<>();
      for (String layer : layers) {
        byLayer.put(layer, sequences.containsKey(layer) ? Nd4j.createFromArray(sequences.get(layer)) : Nd4j.createFromArray(rows.get(layer)));
      }
      return new LayerOutputs(byLayer, ids, mask == null ? null : Nd4j.createFromArray(mask));
    }
  }

  private record Source(List<String> activationNames) implements ActivationSource<Batch> {

    @Override
    public LayerOutputs run(Batch batch, List<String> layers) {
      return batch.outputs(layers);
    }
  }

  private static final Source SOURCE = new Source(List.of("block.0.mlp", "block.0.output", "block.1.mlp", "block.1.output", "head"));

  private static Batch batch(long seed, int samples, int length, @Nullable Integer maskedFrom) {
    Random random = new Random(seed);
    Map<String, float[][][]> sequences = new LinkedHashMap<>();
    for (String layer : List.of("block.0.mlp", "block.0.output", "block.1.mlp", "block.1.output")) {
      sequences.put(layer, sequence(random, samples, length, layer.endsWith("mlp") ? 3 : 4));
    }
    List<String> ids = new ArrayList<>();
    float[][] mask = maskedFrom == null ? null : new float[samples][length];
    for (int b = 0; b < samples; b++) {
      ids.add("s%d-%d".formatted(seed, b));
      for (int t = 0; mask != null && t < length; t++) {
        mask[b][t] = t < maskedFrom - b && t != 1 ? 1 : 0;
      }
    }
    return new Batch(sequences, Map.of("head", sequence(random, 1, samples, 2)[0]), ids, mask);
  }

  private static float[][][] sequence(Random random, int samples, int length, int width) {
    float[][][] values = new float[samples][length][width];
    for (float[][] sample : values) {
      for (float[] token : sample) {
        for (int i = 0; i < width; i++) {
          token[i] = (float) random.nextGaussian();
        }
      }
    }
    return values;
  }

  /** The rows of a layer in plain Java, in double. */
  private static double[][] oracle(List<Batch> batches, String layer, Pooling pooling, List<String> ids) {
    List<double[]> rows = new ArrayList<>();
    for (Batch batch : batches) {
      for (int b = 0; b < batch.ids().size(); b++) {
        float[][] tokens = batch.sequences().get(layer)[b];
        double[] sum = new double[tokens[0].length];
        double[] last = sum;
        int count = 0;
        for (int t = 0; t < tokens.length; t++) {
          if (batch.mask() != null && batch.mask()[b][t] == 0) {
            continue;
          }
          double[] token = new double[sum.length];
          for (int i = 0; i < sum.length; i++) {
            token[i] = tokens[t][i];
            sum[i] += tokens[t][i];
          }
          if (pooling instanceof Pooling.Tokens every && t % every.stride() == 0) {
            rows.add(token);
            ids.add(batch.ids().get(b) + ":" + t);
          }
          last = token;
          count++;
        }
        if (pooling instanceof Pooling.Mean) {
          for (int i = 0; i < sum.length; i++) {
            sum[i] /= count;
          }
        }
        if (!(pooling instanceof Pooling.Tokens)) {
          rows.add(pooling instanceof Pooling.Mean ? sum : last);
          ids.add(batch.ids().get(b));
        }
      }
    }
    return rows.toArray(double[][]::new);
  }

  static List<Pooling> poolings() {
    return List.of(Pooling.ALL_TOKENS, Pooling.MEAN, Pooling.MASKED_MEAN, Pooling.LAST, Pooling.stride(2), Pooling.stride(5));
  }

  @ParameterizedTest
  @MethodSource("poolings")
  void should_pool_as_a_plain_loop_does(Pooling pooling) {
    List<Batch> masked = List.of(batch(1, 3, 7, 6), batch(2, 2, 5, 4), batch(3, 1, 7, 7));
    List<Batch> whole = List.of(batch(4, 3, 7, null), batch(5, 2, 4, null));
    for (List<Batch> batches : pooling.equals(Pooling.MASKED_MEAN) ? List.of(masked) : List.of(masked, whole)) {
      try (Activations recorded = ActivationRecorder.of(SOURCE).layers("block.*").pooling(pooling).record(batches)) {
        for (String layer : recorded.layers()) {
          List<String> ids = new ArrayList<>();
          double[][] expected = oracle(batches, layer, pooling, ids);
          assertThat(recorded.sampleIds()).isEqualTo(ids);
          assertThat(recorded.get(layer).dataType()).isEqualTo(DataType.FLOAT);
          assertThatArray(recorded.get(layer)).isCloseTo(Nd4j.createFromArray(expected), ROUNDED_ONCE);
        }
      }
    }
  }

  @Test
  void should_average_offsets_in_double() {
    float[][][] tokens = new float[1][4000][1];
    for (float[][] sample : tokens) {
      for (float[] token : sample) {
        token[0] = 1000.1f;
      }
    }
    Batch batch = new Batch(Map.of("block.0.mlp", tokens), Map.of(), List.of(), null);

    INDArray mean = ActivationRecorder.of(SOURCE).layers("block.0.mlp").record(List.of(batch)).get("block.0.mlp");

    assertThat(mean.getFloat(0)).isEqualTo(1000.1f);
  }

  @Test
  void should_pool_double_activations_without_rounding_them() {
    ActivationSource<INDArray> source = new ActivationSource<>() {
      @Override
      public List<String> activationNames() {
        return List.of("x");
      }

      @Override
      public LayerOutputs run(INDArray batch, List<String> layers) {
        return new LayerOutputs(Map.of("x", batch.dup('f')), List.of(), Nd4j.createFromArray(new int[][] {{1, 0, 1}}));
      }
    };
    INDArray x = Nd4j.createFromArray(new double[][][] {{{1 + 1e-12, 2}, {7, 7}, {3, 4}}});

    INDArray mean = source.activations(List.of(x), Pooling.MEAN, List.of("x")).get("x");

    assertThatArray(mean).isBitEqualTo(Nd4j.createFromArray(new double[][] {{(1 + 1e-12 + 3) / 2, 3}}));
    assertThatArray(x).isBitEqualTo(Nd4j.createFromArray(new double[][][] {{{1 + 1e-12, 2}, {7, 7}, {3, 4}}}));
  }

  @Test
  void should_take_rows_as_they_are_with_any_pooling() {
    List<Batch> batches = List.of(batch(1, 3, 7, 6), batch(2, 2, 5, null));
    for (Pooling pooling : poolings()) {
      Activations recorded = ActivationRecorder.of(SOURCE).layers("head").pooling(pooling).record(batches);

      assertThat(recorded.sampleIds()).containsExactly("s1-0", "s1-1", "s1-2", "s2-0", "s2-1");
      assertThatArray(recorded.get("head")).isBitEqualTo(Nd4j.concat(0, Nd4j.createFromArray(batches.get(0).rows().get("head")),
          Nd4j.createFromArray(batches.get(1).rows().get("head"))));
    }
  }

  @Test
  void should_select_layers_by_name_and_pattern_in_the_order_of_the_model() {
    List<Batch> batches = List.of(batch(1, 2, 3, null));
    ActivationRecorder<Batch> recorder = ActivationRecorder.of(SOURCE);

    assertThat(recorder.layers("block.1.output", "block.*.mlp").record(batches).layers())
        .containsExactly("block.0.mlp", "block.1.mlp", "block.1.output");
    assertThat(recorder.layers("block.?.out*").record(batches).layers()).containsExactly("block.0.output", "block.1.output");
    assertThat(recorder.layers("*").record(batches).layers()).isEqualTo(SOURCE.activationNames());
  }

  @Test
  void should_number_the_samples_of_batches_without_ids_through_all_batches() {
    Batch unnamed = new Batch(Map.of(), Map.of("head", new float[3][2]), List.of(), null);

    assertThat(ActivationRecorder.of(SOURCE).layers("head").record(List.of(unnamed, unnamed)).sampleIds())
        .containsExactly("0", "1", "2", "3", "4", "5");
  }

  @Test
  void should_stream_every_batch_and_free_it_afterwards() {
    List<Batch> batches = List.of(batch(1, 3, 7, null), batch(2, 2, 5, null));
    List<INDArray> copies = new ArrayList<>();
    List<Activations> seen = new ArrayList<>();
    ActivationRecorder<Batch> recorder = ActivationRecorder.of(SOURCE).layers("block.0.mlp").pooling(Pooling.ALL_TOKENS);

    recorder.forEach(batches, rows -> {
      seen.add(rows);
      copies.add(rows.get("block.0.mlp").dup());
    });

    assertThatArray(Nd4j.concat(0, copies.toArray(INDArray[]::new))).isBitEqualTo(recorder.record(batches).get("block.0.mlp"));
    assertThat(seen).hasSize(2).allSatisfy(rows -> assertThatThrownBy(() -> rows.get("block.0.mlp")).hasMessageContaining("closed"));
  }

  @Test
  void should_record_the_same_bits_in_the_same_order_whoever_works_on_them() {
    int[][] ids = GoldenModels.batch().ids();
    List<TokenBatch> batches = List.of(new TokenBatch(ids), new TokenBatch(new int[][] {ids[1]}), new TokenBatch(new int[][] {ids[2], ids[0]}));
    ActivationRecorder<TokenBatch> recorder = ActivationRecorder.of(GoldenModels.load("gpt2-base")).layers("block.2.output", "hidden");
    Activations alone = recorder.record(batches);

    Activations together = recorder.workers(new BatchWorkers(3)).record(batches);

    assertThat(together.sampleIds()).isEqualTo(alone.sampleIds());
    alone.layers().forEach(layer -> assertThatArray(together.get(layer)).as(layer).isBitEqualTo(alone.get(layer)));
  }

  @Test
  void should_record_the_model_outputs_of_a_language_model() {
    LanguageModel model = GoldenModels.load("gpt2-base");
    Activations recorded = ActivationRecorder.of(model).layers("block.*.mlp").pooling(Pooling.stride(4)).record(List.of(GoldenModels.batch()));

    assertThat(recorded.layers()).containsExactly("block.0.mlp", "block.1.mlp", "block.2.mlp", "block.3.mlp");
    assertThat(recorded.sampleIds()).containsExactly("0:0", "0:4", "0:8", "1:0", "1:4", "1:8", "2:0", "2:4", "2:8");
    INDArray all = GoldenModels.expected("gpt2-base.block.2.mlp").reshape(36, 32);
    assertThatArray(recorded.get("block.2.mlp")).isRelativelyCloseTo(all.getRows(0, 4, 8, 12, 16, 20, 24, 28, 32), 1e-4);
  }

  @Test
  void should_name_every_pattern_that_matches_nothing_and_what_there_is() {
    ActivationRecorder<Batch> recorder = ActivationRecorder.of(SOURCE);

    assertThatThrownBy(() -> recorder.layers("head", "block.7.*", "tail").record(List.of())).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no layer \"block.7.*\", \"tail\"; there are " + SOURCE.activationNames());
    assertThatThrownBy(() -> recorder.record(List.of())).hasMessageContaining("no layer to record; there are [block.0.mlp");
    assertThatThrownBy(() -> recorder.layers("head").record(List.of())).hasMessageContaining("no batch to record");
  }

  @Test
  void should_name_batches_of_different_widths() {
    Batch narrow = new Batch(Map.of(), Map.of("head", new float[3][2]), List.of(), null);
    Batch wide = new Batch(Map.of(), Map.of("head", new float[3][5]), List.of(), null);

    assertThatThrownBy(() -> ActivationRecorder.of(SOURCE).layers("head").record(List.of(narrow, narrow, wide)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("layer \"head\" is 5 wide and FLOAT in batch 2 but 2 wide and FLOAT");
  }

  @Test
  void should_name_samples_without_a_token_to_pool() {
    float[][] mask = {{1, 1, 0}, {0, 0, 0}};
    Batch batch = new Batch(Map.of("block.0.mlp", new float[2][3][4]), Map.of(), List.of("full", "empty"), mask);
    Batch nothing = new Batch(batch.sequences(), Map.of(), batch.ids(), new float[2][3]);
    Batch oddOnly = new Batch(batch.sequences(), Map.of(), batch.ids(), new float[][] {{0, 1, 0}, {0, 1, 0}});
    ActivationRecorder<Batch> recorder = ActivationRecorder.of(SOURCE).layers("block.0.mlp");

    assertThat(recorder.pooling(Pooling.ALL_TOKENS).record(List.of(batch)).sampleIds()).containsExactly("full:0", "full:1");
    for (Pooling pooling : List.of(Pooling.MEAN, Pooling.MASKED_MEAN, Pooling.LAST)) {
      assertThatThrownBy(() -> recorder.pooling(pooling).record(List.of(batch))).isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no token to pool").hasMessageContaining("[empty]");
    }
    assertThatThrownBy(() -> recorder.pooling(Pooling.ALL_TOKENS).record(List.of(nothing))).hasMessageContaining("no token is left")
        .hasMessageContaining("[full, empty]");
    assertThatThrownBy(() -> recorder.pooling(Pooling.stride(2)).record(List.of(oddOnly))).hasMessageContaining("positions 0, 2, ...");
  }

  @Test
  void should_refuse_masks_that_do_not_fit_or_are_missing() {
    Batch short1 = new Batch(Map.of("block.0.mlp", new float[2][3][4]), Map.of(), List.of(), new float[2][2]);
    Batch none = new Batch(Map.of("block.0.mlp", new float[2][3][4]), Map.of(), List.of(), null);
    ActivationRecorder<Batch> recorder = ActivationRecorder.of(SOURCE).layers("block.0.mlp");

    assertThatThrownBy(() -> recorder.record(List.of(short1))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the mask is [2, 2]").hasMessageContaining("\"block.0.mlp\" is [2, 3, 4]");
    assertThatThrownBy(() -> recorder.pooling(Pooling.MASKED_MEAN).record(List.of(none))).hasMessageContaining("has no mask");
  }

  @Test
  void should_refuse_positions_as_samples_of_layers_that_differ_in_them() {
    assertThatThrownBy(() -> ActivationRecorder.of(SOURCE).layers("*").pooling(Pooling.ALL_TOKENS).record(List.of(batch(1, 2, 3, null))))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("\"head\" is [2, 2]").hasMessageContaining("\"block.0.mlp\" is [2, 3, 3]");
  }

  @Test
  void should_refuse_layers_of_other_ranks_or_samples() {
    Map<String, INDArray> bad = Map.of("image", Nd4j.zeros(2, 3, 4, 5));

    assertThatThrownBy(() -> new LayerOutputs(bad, List.of(), null)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("layer \"image\" is [2, 3, 4, 5]").hasMessageContaining("[2, T, d]");
    assertThatThrownBy(() -> new LayerOutputs(Map.of("x", Nd4j.zeros(2, 3)), List.of("a"), null)).hasMessageContaining("batch of 1 samples");
    assertThatThrownBy(() -> new LayerOutputs(Map.of(), List.of(), null)).hasMessageContaining("no layer");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -3})
  void should_refuse_strides_below_one(int stride) {
    assertThatThrownBy(() -> Pooling.stride(stride)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("stride " + stride);
  }
}
