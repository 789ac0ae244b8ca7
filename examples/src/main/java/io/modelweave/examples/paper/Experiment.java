package io.modelweave.examples.paper;

import io.modelweave.cka.Cka;
import io.modelweave.core.Activations;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenStream;
import io.modelweave.core.training.LearningRate;
import io.modelweave.core.training.Training;
import io.modelweave.examples.Progress;
import io.modelweave.examples.paper.PaperResults.LayerMaps;
import io.modelweave.examples.paper.PaperResults.Routing;
import io.modelweave.moe.CrossLayerRouter;
import io.modelweave.moe.LayerWindow;
import io.modelweave.moe.RoutedModel;
import io.modelweave.moe.RouterTraining;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The paper's experiments from a random model to trained routers.
 *
 * <p>Independent pieces (the two specialists, snapshots, windows) run side by side, each on one thread, so results do not depend on the
 * number of cores.
 */
final class Experiment {

  private final Scale scale;
  private final PaperData data;
  private final Evaluation evaluation;
  private final long seed;
  private final Map<String, Double> seconds = new LinkedHashMap<>();

  Experiment(Scale scale, PaperData data, long seed) {
    this.scale = scale;
    this.data = data;
    this.evaluation = new Evaluation(data);
    this.seed = seed;
  }

  PaperResults run() {
    try (Workers workers = new Workers()) {
      LanguageModel base = timed("pretraining", this::pretrain);
      List<NavigableMap<Integer, LanguageModel>> specialists = timed("fine-tuning", () -> specialise(base, workers));
      NavigableMap<Integer, LanguageModel> maths = specialists.get(0);
      NavigableMap<Integer, LanguageModel> code = specialists.get(1);
      List<Snapshot> snapshots = timed("merging", () -> measure(base, maths, code, workers));
      LanguageModel lastMaths = maths.lastEntry().getValue();
      LanguageModel lastCode = code.lastEntry().getValue();
      List<Routing> routing = timed("routing", () -> route(lastMaths, lastCode, workers));
      return new PaperResults(scale, data.description(), seed, ModelSize.of(base, routing), snapshots, layers(lastMaths, lastCode), routing,
          Collections.unmodifiableMap(seconds));
    }
  }

  private <T> T timed(String phase, Callable<T> work) {
    long start = System.nanoTime();
    try {
      return work.call();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(phase + " failed", e);
    } finally {
      seconds.put(phase, (System.nanoTime() - start) / 1e9);
    }
  }

  private LanguageModel pretrain() {
    LanguageModel base = LanguageModel.random(scale.model(data.vocabularySize(), data.context()), seed);
    try (Progress progress = Progress.of("pretrain", scale.pretrainingSteps())) {
      Training.of(base).learningRate(LearningRate.cosine(Scale.PRETRAINING_RATE, 0.1)).steps(scale.pretrainingSteps())
          .listener(step -> progress.step("loss %.3f".formatted(step.loss())))
          .run(data.batches(data.pretraining().train(), Scale.BATCH, scale.pretrainingSteps(), seed));
    }
    return base;
  }

  private List<NavigableMap<Integer, LanguageModel>> specialise(LanguageModel base, Workers workers) {
    try (Progress progress = Progress.of("specialise", 2L * scale.fineTuningSteps())) {
      Consumer<String> step = synchronizedStep(progress);
      return workers.all(List.of(
          () -> Specialisation.run(base, data, data.maths().train(), scale, seed + 11, step),
          () -> Specialisation.run(base, data, data.code().train(), scale, seed + 12, step)));
    }
  }

  private List<Snapshot> measure(
      LanguageModel base, NavigableMap<Integer, LanguageModel> maths, NavigableMap<Integer, LanguageModel> code, Workers workers) {
    try (Progress progress = Progress.of("merge", maths.size())) {
      Consumer<String> step = synchronizedStep(progress);
      List<Callable<Snapshot>> jobs = new ArrayList<>();
      maths.forEach((at, model) -> jobs.add(() -> {
        Snapshot snapshot = evaluation.snapshot(at, base, model, code.get(at));
        step.accept("step %d, merged loss %.3f".formatted(at, snapshot.mergedLoss()));
        return snapshot;
      }));
      return workers.all(jobs);
    }
  }

  private LayerMaps layers(LanguageModel maths, LanguageModel code) {
    TokenStream target = data.target().validation();
    Activations ofMaths = evaluation.activations(maths, target);
    Activations ofCode = evaluation.activations(code, target);
    Activations ofMerge = evaluation.activations(Evaluation.middle(maths, code), target);
    return new LayerMaps(Cka.linear().heatMap(ofMaths), Cka.linear().heatMap(ofMaths, ofCode), Cka.linear().heatMap(ofMaths, ofMerge));
  }

  private List<Routing> route(LanguageModel maths, LanguageModel code, Workers workers) {
    int windows = scale.largestWindow();
    try (Progress progress = Progress.of("route", (long) windows * scale.routingSteps())) {
      Consumer<String> step = synchronizedStep(progress);
      // The largest window takes longest, so it starts first.
      List<Callable<Routing>> jobs = IntStream.range(0, windows).mapToObj(i -> windows - i)
          .<Callable<Routing>>map(n -> () -> route(maths, code, n, step)).toList();
      List<Routing> largestFirst = new ArrayList<>(workers.all(jobs));
      Collections.reverse(largestFirst);
      return largestFirst;
    }
  }

  private Routing route(LanguageModel maths, LanguageModel code, int window, Consumer<String> progress) {
    RoutedModel routed = CrossLayerRouter.over(maths, code).window(LayerWindow.upThenDown(window)).build();
    RouterTraining.of(routed).learningRate(Scale.ROUTING_RATE).steps(scale.routingSteps())
        .listener(step -> progress.accept("%d layers, loss %.3f".formatted(window, step.loss())))
        .run(data.batches(data.target().train(), Scale.BATCH, scale.routingSteps(), seed + 21));
    return new Routing(window, evaluation.loss(routed.languageModel(), data.target().validation()), routed.routerParameterCount(),
        routed.languageModel().parameterCount());
  }

  private static Consumer<String> synchronizedStep(Progress progress) {
    return message -> {
      synchronized (progress) {
        progress.step(message);
      }
    };
  }
}
