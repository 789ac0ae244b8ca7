package io.modelweave.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.cka.Bandwidth;
import io.modelweave.cka.Cka;
import io.modelweave.cka.CkaMatrix;
import io.modelweave.cka.MaximumTest;
import io.modelweave.cka.Score;
import io.modelweave.cka.Similarities;
import io.modelweave.core.ActivationRecorder;
import io.modelweave.core.Activations;
import io.modelweave.core.BatchWorkers;
import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.Pooling;
import io.modelweave.core.checkpoint.CheckpointWriter;
import io.modelweave.core.checkpoint.NonFiniteValues;
import io.modelweave.core.dl4j.NetworkActivations;
import io.modelweave.core.dl4j.NetworkWeights;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.merge.ActivationMerger;
import io.modelweave.merge.Branch;
import io.modelweave.merge.Merge;
import io.modelweave.merge.MergeReport;
import io.modelweave.merge.Mergekit;
import io.modelweave.merge.Merger;
import io.modelweave.merge.Schedule;
import io.modelweave.merge.Slerp;
import io.modelweave.merge.Ties;
import io.modelweave.merge.alignment.FunctionPreservation;
import io.modelweave.merge.alignment.WeightMatching;
import io.modelweave.merge.statistics.GramMatrices;
import io.modelweave.merge.statistics.RegMean;
import io.modelweave.moe.CrossLayerRouter;
import io.modelweave.moe.LayerWindow;
import io.modelweave.moe.RoutedModel;
import io.modelweave.moe.RouterInitialization;
import io.modelweave.moe.RouterTraining;
import io.modelweave.moe.RoutingStatistics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The code of the README, line by line. */
class ReadmeTest {

  @TempDir private Path directory;

  private final List<TokenBatch> batches = List.of(GoldenModels.batch());

  @Test
  void should_do_what_the_readme_shows() {
    Path mathDirectory = GoldenModels.directory("gpt2-math");
    Path codeDirectory = GoldenModels.directory("gpt2-code");

    LanguageModel math = LanguageModel.load(mathDirectory);
    LanguageModel code = LanguageModel.load(codeDirectory);
    LanguageModel soup = Merger.interpolate(math, code, 0.5);
    LanguageModel mixed = ActivationMerger.interpolate(math, code, 0.5);
    double best = Math.min(soup.loss(batches), mixed.loss(batches));
    Score drift = Cka.linear().compare(activations(math), activations(code));
    RoutedModel routed = CrossLayerRouter.over(math, code).window(LayerWindow.upThenDown(3)).build();
    RouterTraining.of(routed).learningRate(5e-3).steps(150).run(batches);

    assertThat(routed.loss(batches)).isLessThan(best);
    assertThat(drift.value()).isBetween(0.0, 1.0);
  }

  @Test
  void should_read_and_record_models_as_the_readme_shows() {
    Path modelDirectory = GoldenModels.directory("gpt2-math");
    Path copy = directory.resolve("copy");
    int[] prompt = {1, 2, 3};

    LanguageModel model = LanguageModel.load(modelDirectory);
    int[] continued = model.generate(prompt, 8);
    double loss = model.loss(batches, BatchWorkers.all());
    Activations mlps = ActivationRecorder.of(model).layers("block.*.mlp").pooling(Pooling.MEAN).record(batches);
    try (Checkpoint checkpoint = Checkpoint.open(modelDirectory)) {
      INDArray rows = checkpoint.tensor("transformer.wte.weight", 0, 10);
      List<NonFiniteValues> broken = NonFiniteValues.find(checkpoint);
      CheckpointWriter.to(copy).shardBytes(100_000).write(checkpoint);

      assertThat(rows.shape()).containsExactly(10, 32);
      assertThat(broken).isEmpty();
    }

    assertThat(continued).hasSize(8);
    assertThat(loss).isPositive();
    assertThat(mlps.get("block.2.mlp").shape()).containsExactly(3, 32);
    try (Checkpoint written = Checkpoint.open(copy); Checkpoint original = Checkpoint.open(modelDirectory)) {
      assertThat(written.names()).containsExactlyInAnyOrderElementsOf(original.names());
    }
  }

  @Test
  void should_read_and_record_networks_as_the_readme_shows() {
    MultiLayerNetwork network = network();
    INDArray features = Nd4j.rand(DataType.FLOAT, 6, 4);

    Checkpoint weights = NetworkWeights.checkpoint(network);
    MultiLayerNetwork again = NetworkWeights.withWeights(network, weights);
    Activations hidden = ActivationRecorder.of(NetworkActivations.of(network)).layers("0", "1").record(List.of(features));

    assertThat(again.params()).isEqualTo(network.params());
    assertThat(weights.names()).containsExactly("0_W", "0_b", "1_W", "1_b");
    assertThat(hidden.get("0").shape()).containsExactly(6, 5);
  }

  @Test
  void should_measure_similarity_as_the_readme_shows() {
    INDArray x = Nd4j.createFromArray(gaussian(1, 128, 768));
    INDArray y = Nd4j.createFromArray(gaussian(2, 128, 768));
    Activations layersOfMath = ActivationRecorder.of(LanguageModel.load(GoldenModels.directory("gpt2-math"))).layers("block.*.output")
        .pooling(Pooling.ALL_TOKENS).record(batches);
    Activations layersOfCode = ActivationRecorder.of(LanguageModel.load(GoldenModels.directory("gpt2-code"))).layers("block.*.output")
        .pooling(Pooling.ALL_TOKENS).record(batches);
    Path png = directory.resolve("cka.png");

    Score score = Cka.linear().compare(x, y);
    double trusted = score.value();
    double error = score.standardError();
    double published = score.biased();
    double chance = score.nullFloor();

    CkaMatrix map = Cka.rbf(Bandwidth.median()).heatMap(layersOfMath, layersOfCode);
    map.writePng(png);
    MaximumTest best = Cka.linear().maximum(layersOfMath, layersOfCode, 999, 1);

    double shared = Similarities.named("mutual-knn", Map.of("k", 5.0)).compare(x, y).value();

    assertThat(published).isCloseTo(0.86, within(0.01));
    assertThat(chance).isCloseTo(published, within(0.01));
    assertThat(Math.abs(trusted)).isLessThan(3 * error).isLessThan(0.03);
    assertThat(shared).isLessThan(0.2);
    assertThat(png).isNotEmptyFile();
    assertThat(best.pValue()).isLessThan(0.05);
  }

  private static float[][] gaussian(long seed, int rows, int columns) {
    Random random = new Random(seed);
    float[][] values = new float[rows][columns];
    for (float[] row : values) {
      for (int j = 0; j < columns; j++) {
        row[j] = (float) random.nextGaussian();
      }
    }
    return values;
  }

  @Test
  void should_merge_as_the_readme_shows() {
    Path mathDirectory = GoldenModels.directory("gpt2-math");
    Path codeDirectory = GoldenModels.directory("gpt2-code");
    Path baseDirectory = mathDirectory;
    Path tiesDirectory = directory.resolve("ties");
    Path soupDirectory = directory.resolve("soup");
    LanguageModel math = LanguageModel.load(mathDirectory);
    LanguageModel code = LanguageModel.load(codeDirectory);

    try (Checkpoint a = Checkpoint.open(mathDirectory);
        Checkpoint b = Checkpoint.open(codeDirectory);
        Checkpoint base = Checkpoint.open(baseDirectory)) {
      Merge ties = Merger.of(a, b).base(base).method(Ties.density(0.3)).weights(0.5, 0.5);
      List<String> problems = ties.plan().problems();
      MergeReport report = ties.writeTo(tiesDirectory);
      Checkpoint half = Merger.of(a, b).method(new Slerp()).alpha(Schedule.gradient(0, 0.5, 1)).only("*.mlp.*").merge();
      Checkpoint dare = Merger.of(a, b).base(base).method(Mergekit.method("dare_ties")).set("density", 0.5).seed(7).merge();

      assertThat(problems).isEmpty();
      assertThat(report.merged()).isPositive();
      assertThat(half.names()).containsExactlyInAnyOrderElementsOf(dare.names());
    }
    Merger.of(math, code).alpha(0.5).writeTo(soupDirectory);
    LanguageModel soup = LanguageModel.load(soupDirectory);

    assertThat(soup.loss(batches)).isEqualTo(Merger.interpolate(math, code, 0.5).loss(batches));
  }

  @Test
  void should_align_and_mix_as_the_readme_shows() {
    LanguageModel math = LanguageModel.load(GoldenModels.directory("gpt2-math"));
    LanguageModel code = LanguageModel.load(GoldenModels.directory("gpt2-code"));

    LanguageModel aligned = WeightMatching.align(math, code);
    FunctionPreservation.of(code, aligned, batches).require(1e-4);
    Checkpoint regMean = RegMean.defaults().merge(List.of(math.checkpoint(), code.checkpoint()),
        List.of(GramMatrices.of(math, batches), GramMatrices.of(code, batches)));
    LanguageModel late = ActivationMerger.of(math, code).branch(Branch.ATTENTION).byLayer(l -> l < 2 ? 0 : 0.5).build();

    assertThat(regMean.names()).containsExactlyInAnyOrderElementsOf(math.checkpoint().names());
    assertThat(late.loss(batches)).isPositive();
  }

  @Test
  void should_route_as_the_readme_shows() {
    LanguageModel math = LanguageModel.load(GoldenModels.directory("gpt2-math"));
    LanguageModel code = LanguageModel.load(GoldenModels.directory("gpt2-code"));
    Path routingPng = directory.resolve("routing.png");
    Path routedDirectory = directory.resolve("routed");

    RoutedModel router = CrossLayerRouter.over(math, code).window(LayerWindow.upThenDown(2)).topK(2)
        .options(o -> o.withLosses(0.01, 1e-3)).initialization(RouterInitialization.OWN_LAYER).build();
    RouterTraining.of(router).learningRate(5e-3).steps(20).run(batches);
    RoutingStatistics.of(router, batches).writePng(routingPng);
    router.save(routedDirectory);

    assertThat(routingPng).isNotEmptyFile();
    assertThat(RoutedModel.load(routedDirectory).loss(batches)).isEqualTo(router.loss(batches));
  }

  private static MultiLayerNetwork network() {
    MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder().seed(1).list()
        .layer(new DenseLayer.Builder().nIn(4).nOut(5).activation(Activation.TANH).build())
        .layer(new OutputLayer.Builder().nIn(5).nOut(3).activation(Activation.SOFTMAX).build()).build());
    network.init();
    return network;
  }

  @Test
  void should_contain_every_line_of_the_readme() throws IOException {
    String own = withoutSpace(Files.readString(Path.of("src/test/java/io/modelweave/examples/ReadmeTest.java")));
    List<String> shown = new ArrayList<>();
    boolean java = false;
    for (String line : Files.readAllLines(Path.of("../README.md"))) {
      java = line.equals("```java") || java && !line.equals("```");
      String code = withoutSpace(line.replaceFirst("//.*", ""));
      if (java && !line.startsWith("```") && !code.isEmpty()) {
        shown.add(code);
      }
    }

    assertThat(shown).hasSizeGreaterThan(8).allSatisfy(line -> assertThat(own).contains(line));
  }

  private static String withoutSpace(String text) {
    return text.replaceAll("\\s+", "");
  }

  private INDArray activations(LanguageModel model) {
    return model.activations(batches, Pooling.ALL_TOKENS, List.of("block.2.output")).get("block.2.output");
  }
}
