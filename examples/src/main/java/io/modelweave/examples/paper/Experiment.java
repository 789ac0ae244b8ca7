package io.modelweave.examples.paper;

import io.modelweave.cka.Cka;
import io.modelweave.cka.Score;
import io.modelweave.core.Activations;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.Pooling;
import io.modelweave.core.text.TokenStream;
import io.modelweave.core.training.LearningRate;
import io.modelweave.core.training.Training;
import io.modelweave.examples.Progress;
import io.modelweave.examples.paper.PaperResults.Routing;
import io.modelweave.merge.ActivationMerger;
import io.modelweave.merge.Merger;
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
import java.util.TreeMap;
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

  static final int EVALUATION_WINDOWS = 144;
  static final int CKA_SAMPLES = 128;
  private static final int EVALUATION_BATCH = 48;
  /** Numbers in the logits of one batch; a large vocabulary is evaluated in smaller batches. */
  private static final long EVALUATION_LOGITS = 1 << 25;
  private static final List<Double> ALPHAS = IntStream.rangeClosed(0, 10).mapToObj(i -> i / 10.0).toList();

  private final Scale scale;
  private final PaperData data;
  private final long seed;
  private final Map<String, Double> seconds = new LinkedHashMap<>();

  Experiment(Scale scale, PaperData data, long seed) {
    this.scale = scale;
    this.data = data;
    this.seed = seed;
  }

  PaperResults run() {
    try (Workers workers = new Workers()) {
      LanguageModel base = timed("pretraining", this::pretrain);
      List<NavigableMap<Integer, LanguageModel>> specialists = timed("fine-tuning", () -> specialise(base, workers));
      NavigableMap<Integer, LanguageModel> maths = specialists.get(0);
      NavigableMap<Integer, LanguageModel> code = specialists.get(1);
      List<Snapshot> snapshots = timed("merging", () -> measure(maths, code, workers));
      LanguageModel lastMaths = maths.lastEntry().getValue();
      LanguageModel lastCode = code.lastEntry().getValue();
      List<Routing> routing = timed("routing", () -> route(lastMaths, lastCode, workers));
      Activations ofMaths = activations(lastMaths, data.target().validation());
      Activations ofCode = activations(lastCode, data.target().validation());
      return new PaperResults(scale, data.description(), seed, base.parameterCount(), snapshots, Cka.linear().heatMap(ofMaths),
          Cka.linear().heatMap(ofMaths, ofCode), routing, Collections.unmodifiableMap(seconds));
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

  private List<Snapshot> measure(NavigableMap<Integer, LanguageModel> maths, NavigableMap<Integer, LanguageModel> code, Workers workers) {
    try (Progress progress = Progress.of("merge", maths.size())) {
      Consumer<String> step = synchronizedStep(progress);
      List<Callable<Snapshot>> jobs = new ArrayList<>();
      maths.forEach((at, model) -> jobs.add(() -> {
        Snapshot snapshot = measure(at, model, code.get(at));
        step.accept("step %d, merged loss %.3f".formatted(at, snapshot.mergedLoss()));
        return snapshot;
      }));
      return workers.all(jobs);
    }
  }

  private Snapshot measure(int step, LanguageModel maths, LanguageModel code) {
    TokenStream target = data.target().validation();
    Map<Double, Double> activationLosses = new TreeMap<>();
    Map<Double, Double> weightLosses = new TreeMap<>();
    for (double alpha : ALPHAS) {
      activationLosses.put(alpha, loss(ActivationMerger.interpolate(maths, code, alpha), target));
      weightLosses.put(alpha, loss(Merger.interpolate(maths, code, alpha), target));
    }
    return new Snapshot(step, loss(maths, data.maths().validation()), loss(code, data.code().validation()), activationLosses, weightLosses,
        middleCka(maths, code, target), middleCka(maths, code, data.pretraining().validation()));
  }

  private double loss(LanguageModel model, TokenStream text) {
    long fitting = EVALUATION_LOGITS / ((long) data.context() * data.vocabularySize());
    int batch = (int) Math.max(1, Math.min(EVALUATION_BATCH, fitting));
    return model.loss(data.batches(text, batch, EVALUATION_WINDOWS / batch, 1));
  }

  /** Linear CKA of the block in the middle, token means of 128 windows, as the paper measures it. */
  private Score middleCka(LanguageModel maths, LanguageModel code, TokenStream text) {
    String layer = block(maths.configuration().layers() / 2);
    return Cka.linear().compare(activations(maths, text).get(layer), activations(code, text).get(layer));
  }

  private Activations activations(LanguageModel model, TokenStream text) {
    List<String> blocks = IntStream.range(0, model.configuration().layers()).mapToObj(Experiment::block).toList();
    return model.activations(data.samples(text, CKA_SAMPLES, 5), Pooling.MEAN, blocks);
  }

  private static String block(int layer) {
    return "block.%d.output".formatted(layer);
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
    return new Routing(window, loss(routed.languageModel(), data.target().validation()), routed.routerParameterCount(),
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
