package io.modelweave.core.training;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.BatchWorkers;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.transformer.Gpt2Configuration;
import io.modelweave.core.transformer.TransformerGraph;
import io.modelweave.core.transformer.TransformerGraph.Gradients;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class TrainingTest {

  @TempDir private Path folder;

  private final List<TokenBatch> batches = List.of(GoldenModels.batch());

  @Test
  void should_have_the_gradients_of_central_differences() {
    LanguageModel model = GoldenModels.load("gpt2-base");
    Set<String> all = model.parameters().keySet();
    TokenBatch batch = GoldenModels.batch();
    TransformerGraph graph = model.trainingGraph(batch.batch(), batch.length() - 1, all);

    Map<String, INDArray> gradients = graph.gradients(batch.columns(0, 11), batch.columns(1, 12)).byParameter();

    assertThat(gradients.keySet()).isEqualTo(all);
    gradients.forEach((name, gradient) -> {
      INDArray parameter = model.parameters().get(name);
      long index = gradient.reshape(gradient.length()).argMax().getLong(0); // the steepest entry, where differences are most exact
      double expected = slope(model, parameter.reshape(parameter.length()), index);
      assertThat(gradient.reshape(gradient.length()).getDouble(index)).as(name).isCloseTo(expected, within(2e-3 + 0.03 * Math.abs(expected)));
    });
  }

  private double slope(LanguageModel model, INDArray flat, long index) {
    double value = flat.getDouble(index);
    double step = 1e-2;
    flat.putScalar(index, value + step);
    double up = model.loss(batches);
    flat.putScalar(index, value - step);
    double down = model.loss(batches);
    flat.putScalar(index, value);
    return (up - down) / (2 * step);
  }

  @Test
  void should_repeat_a_recorded_graph_on_other_tokens_and_parameters_as_if_recorded_anew() {
    LanguageModel model = GoldenModels.load("gpt2-base");
    Set<String> all = model.parameters().keySet();
    TokenBatch batch = GoldenModels.batch();
    TransformerGraph recorded = model.trainingGraph(batch.batch(), 5, all);
    recorded.gradients(batch.columns(0, 5), batch.columns(1, 6));
    model.parameters().values().forEach(array -> array.muli(1.1));

    Gradients repeated = recorded.gradients(batch.columns(6, 11), batch.columns(7, 12));

    Gradients anew = model.trainingGraph(batch.batch(), 5, all).gradients(batch.columns(6, 11), batch.columns(7, 12));
    assertThat(repeated.loss()).isEqualTo(anew.loss());
    anew.byParameter().forEach((name, gradient) -> assertThatArray(repeated.byParameter().get(name)).isBitEqualTo(gradient));
  }

  @Test
  void should_compute_the_same_bits_in_the_first_pass_of_a_graph_as_in_later_ones() {
    // Sums over enough rows that another order of summation shows; resuming and workers change which batch comes first.
    LanguageModel model = LanguageModel.random(Gpt2Configuration.of(102, 48, 32, 2, 2), 1);
    SplittableRandom random = new SplittableRandom(1);
    int[] ids = random.ints(8 * 48, 0, 102).toArray();
    int[] targets = random.ints(8 * 48, 0, 102).toArray();
    TransformerGraph graph = model.trainingGraph(8, 48, model.parameters().keySet());
    Map<String, INDArray> first = new HashMap<>();

    graph.gradients(ids, targets).byParameter().forEach((name, gradient) -> first.put(name, gradient.dup()));

    graph.gradients(ids, targets).byParameter().forEach((name, gradient) -> assertThatArray(gradient).as(name).isBitEqualTo(first.get(name)));
  }

  @ParameterizedTest(name = "on the host {0}")
  @ValueSource(booleans = {true, false})
  void should_take_the_step_of_adamw(boolean onHost) {
    Map<String, INDArray> parameter = Map.of("w", Nd4j.createFromArray(1f, -2f, 3f).reshape(3, 1));
    double[] p = {1, -2, 3};
    double[] m = new double[3];
    double[] v = new double[3];
    float[][] gradients = {{0.5f, -1e-3f, 40}, {-0.25f, 2e-3f, 1e-9f}, {0.1f, 0f, -3}};

    try (AdamWState state = new AdamWState(new AdamW(0.9, 0.99, 1e-3, 0.1), onHost)) {
      for (int t = 1; t <= gradients.length; t++) {
        double scale = 0.5 * t;
        state.step(parameter, new HashMap<>(Map.of("w", Nd4j.createFromArray(gradients[t - 1]).reshape(3, 1))), scale, 0.01);
        for (int i = 0; i < 3; i++) {
          double g = gradients[t - 1][i] * scale;
          m[i] = 0.9 * m[i] + 0.1 * g;
          v[i] = 0.99 * v[i] + 0.01 * g * g;
          p[i] = p[i] * (1 - 0.01 * 0.1) - 0.01 * (m[i] / (1 - Math.pow(0.9, t))) / (Math.sqrt(v[i] / (1 - Math.pow(0.99, t))) + 1e-3);
        }
        assertThatArray(parameter.get("w")).isCloseTo(Nd4j.createFromArray((float) p[0], (float) p[1], (float) p[2]).reshape(3, 1), 1e-6);
      }
    }
  }

  @Test
  void should_lower_the_loss_and_leave_frozen_parameters_bit_for_bit() {
    LanguageModel model = GoldenModels.load("gpt2-base");
    LanguageModel before = model.copy();

    List<Double> losses = Training.of(model).parameters(ParameterFilter.mlps()).learningRate(LearningRate.constant(1e-2)).steps(20).run(batches);

    assertThat(model.loss(batches)).isLessThan(losses.get(0) - 1);
    model.parameters().forEach((name, array) -> {
      if (name.contains(".mlp.")) {
        assertThat(array.sub(before.parameters().get(name)).norm2Number().doubleValue()).as(name).isPositive();
      } else {
        assertThatArray(array).isBitEqualTo(before.parameters().get(name));
      }
    });
  }

  @Test
  void should_repeat_bit_for_bit() {
    List<LanguageModel> models = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      LanguageModel model = GoldenModels.load("gpt2-base");
      Training.of(model).steps(5).run(batches);
      models.add(model);
    }

    models.get(0).parameters().forEach((name, array) -> assertThatArray(models.get(1).parameters().get(name)).isBitEqualTo(array));
  }

  @Test
  void should_average_accumulated_batches() {
    int[][] ids = GoldenModels.batch().ids();
    List<TokenBatch> whole = List.of(new TokenBatch(new int[][] {ids[0], ids[1]}));
    List<TokenBatch> halves = List.of(new TokenBatch(new int[][] {ids[0]}), new TokenBatch(new int[][] {ids[1]}));
    LanguageModel atOnce = GoldenModels.load("gpt2-base");
    LanguageModel accumulated = GoldenModels.load("gpt2-base");
    List<TrainingStep> first = new ArrayList<>();
    List<TrainingStep> second = new ArrayList<>();

    Training.of(atOnce).steps(1).listener(first::add).run(whole);
    Training.of(accumulated).steps(1).accumulation(2).listener(second::add).run(halves);

    assertThat(second.get(0).loss()).isCloseTo(first.get(0).loss(), within(1e-6));
    assertThat(second.get(0).gradientNorm()).isCloseTo(first.get(0).gradientNorm(), within(1e-5));
  }

  @Test
  void should_give_the_same_bits_for_any_number_of_workers() {
    List<LanguageModel> models = new ArrayList<>();
    for (int threads : List.of(1, 2, 3)) {
      LanguageModel model = GoldenModels.load("gpt2-base");
      Training.of(model).steps(4).accumulation(3).workers(new BatchWorkers(threads)).run(batches);
      models.add(model);
    }

    models.get(0).parameters().forEach((name, array) -> {
      assertThatArray(models.get(1).parameters().get(name)).as(name).isBitEqualTo(array);
      assertThatArray(models.get(2).parameters().get(name)).as(name).isBitEqualTo(array);
    });
  }

  @Test
  void should_end_with_the_same_bits_wherever_it_was_interrupted() {
    LanguageModel whole = GoldenModels.load("gpt2-base");
    List<TokenBatch> different = List.of(GoldenModels.batch(), new TokenBatch(new int[][] {{5, 4, 3, 2, 1}}), GoldenModels.batch());
    List<Double> losses = Training.of(whole).parameters(ParameterFilter.mlps()).steps(6).accumulation(2).run(different);

    for (int interrupted = 1; interrupted <= 6; interrupted++) {
      Path file = folder.resolve("after-%d.safetensors".formatted(interrupted));
      int last = interrupted;
      Training training = Training.of(GoldenModels.load("gpt2-base")).parameters(ParameterFilter.mlps()).steps(6).accumulation(2)
          .resumable(file, Duration.ZERO);
      assertThatThrownBy(() -> training.listener(step -> {
        if (step.step() == last) {
          throw new IllegalStateException("interrupted before this step was written");
        }
      }).run(different)).hasMessageContaining("interrupted");
      LanguageModel resumed = GoldenModels.load("gpt2-base");
      List<Integer> told = new ArrayList<>();

      List<Double> all = Training.of(resumed).parameters(ParameterFilter.mlps()).steps(6).accumulation(2)
          .resumable(file, Duration.ZERO).listener(step -> told.add(step.step())).run(different);

      assertThat(all).isEqualTo(losses);
      assertThat(told).hasSize(7 - last).startsWith(last);
      whole.parameters().forEach((name, array) -> assertThatArray(resumed.parameters().get(name)).as(name).isBitEqualTo(array));
    }
  }

  @Test
  void should_take_back_a_run_that_ended_without_another_step() {
    Path file = folder.resolve("done.safetensors");
    LanguageModel trained = GoldenModels.load("gpt2-base");
    LanguageModel again = GoldenModels.load("gpt2-base");
    List<Double> losses = Training.of(trained).steps(3).resumable(file, Duration.ZERO).run(batches);

    assertThat(Training.of(again).steps(3).resumable(file, Duration.ofDays(1)).run(batches)).isEqualTo(losses);

    trained.parameters().forEach((name, array) -> assertThatArray(again.parameters().get(name)).isBitEqualTo(array));
  }

  @Test
  void should_refuse_to_go_on_from_another_run_and_leave_the_model_alone() {
    Path file = folder.resolve("run.safetensors");
    Training.of(GoldenModels.load("gpt2-base")).parameters(ParameterFilter.mlps()).steps(2).resumable(file, Duration.ZERO).run(batches);
    LanguageModel model = GoldenModels.load("gpt2-base");
    LanguageModel before = model.copy();

    assertThatThrownBy(() -> Training.of(model).parameters(ParameterFilter.mlps()).steps(3).resumable(file, Duration.ZERO).run(batches))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("run.safetensors is of another run: 2 steps")
        .hasMessageContaining("not 3 steps");
    assertThatThrownBy(() -> Training.of(model).steps(2).resumable(file, Duration.ZERO).run(batches))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("of another model").hasMessageContaining("transformer.wte.weight");
    assertThatThrownBy(() -> Training.of(model).parameters(ParameterFilter.mlps()).learningRate(LearningRate.constant(1e-3)).steps(2)
        .resumable(file, Duration.ZERO).run(batches)).hasMessageContaining("rates from 0.001 over 0.001 to 0.001");
    assertThatThrownBy(() -> Training.of(model).resumable(folder.resolve("run.bin"), Duration.ZERO)).hasMessageContaining(".safetensors");
    model.parameters().forEach((name, array) -> assertThatArray(array).isBitEqualTo(before.parameters().get(name)));
  }

  @Test
  void should_follow_the_cosine_to_its_floor() {
    LearningRate rate = LearningRate.cosine(2, 0.1);

    assertThat(rate.at(0, 100)).isEqualTo(2);
    assertThat(rate.at(50, 100)).isCloseTo(1.1, within(1e-12));
    assertThat(rate.at(100, 100)).isCloseTo(0.2, within(1e-12));
  }

  @Test
  void should_refuse_what_cannot_be_trained() {
    LanguageModel model = GoldenModels.load("gpt2-base");

    assertThatThrownBy(() -> Training.of(model).parameters(ParameterFilter.routers()).run(batches)).hasMessageContaining("names none");
    assertThatThrownBy(() -> Training.of(model).run(List.of())).hasMessageContaining("no batch");
    assertThatThrownBy(() -> Training.of(model).steps(0)).hasMessageContaining("steps is 0");
    assertThatThrownBy(() -> LearningRate.constant(-1)).hasMessageContaining("-1");
    assertThatThrownBy(() -> new AdamW(1, 0.9, 1e-8, 0)).hasMessageContaining("beta1 1.0");
  }
}
