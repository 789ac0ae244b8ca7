package io.modelweave.cka;

import static java.util.Objects.requireNonNull;

import io.modelweave.cka.kernels.DualMedianKernel;
import io.modelweave.core.Activations;
import io.modelweave.core.BatchWorkers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;

/** Debiased CKA from the HSIC of batches, kept one by one so that each can be left out. */
final class MiniBatchAccumulator implements CkaAccumulator {

  private final String kernel;
  private final BatchWeight weight;
  private final double[] bandwidthsA;
  private final double[] bandwidthsB;
  private final @Nullable List<Kernel> kernelsA;
  private final @Nullable List<Kernel> kernelsB;
  private final Roster roster;
  private final List<Batch> batches = new ArrayList<>();
  private int skipped;
  private BatchWorkers workers = BatchWorkers.single();

  /**
   * What one batch adds, weighted.
   *
   * @param ofA HSIC of each layer of a with itself
   * @param ofB HSIC of each layer of b with itself
   * @param cross HSIC of each pair, row by row
   */
  private record Batch(int n, double[] ofA, double[] ofB, double[] cross) {}

  private MiniBatchAccumulator(String kernel, BatchWeight weight, double[] bandwidthsA, double[] bandwidthsB,
      @Nullable List<Kernel> kernelsA, @Nullable List<Kernel> kernelsB, Roster roster) {
    this.kernel = kernel;
    this.weight = weight;
    this.bandwidthsA = bandwidthsA;
    this.bandwidthsB = bandwidthsB;
    this.kernelsA = kernelsA;
    this.kernelsB = kernelsB;
    this.roster = roster;
  }

  static MiniBatchAccumulator of(Kernel kernel, BatchWeight weight, Activations pilotA, Activations pilotB) {
    if (requireNonNull(kernel, "kernel") instanceof DualMedianKernel) {
      throw new IllegalArgumentException(
          "the bandwidth of %s is one for each sample, and would change with the batch".formatted(kernel.name()));
    }
    List<Kernel> kernelsA = fitted(kernel, requireNonNull(pilotA, "pilotA"), " of a");
    List<Kernel> kernelsB = fitted(kernel, requireNonNull(pilotB, "pilotB"), " of b");
    return new MiniBatchAccumulator(kernel.name(), requireNonNull(weight, "weight"), bandwidths(kernelsA), bandwidths(kernelsB), kernelsA,
        kernelsB, Roster.of(pilotA, pilotB));
  }

  private static List<Kernel> fitted(Kernel kernel, Activations pilot, String owner) {
    if (pilot.samples() < 2) {
      throw new IllegalArgumentException("the pilot%s has %d samples: too few to fix what %s depends on; give it some hundred"
          .formatted(owner, pilot.samples(), kernel.name()));
    }
    return pilot.layers().stream().map(layer -> {
      String label = "layer \"" + layer + "\"" + owner;
      try (LayerFeatures features = LayerFeatures.of(kernel, pilot.get(layer), label, DataType.DOUBLE, false)) {
        Kernel fitted = features.withAll(kernel::fit);
        if (!Double.isNaN(fitted.bandwidth()) && !(fitted.bandwidth() > 0)) {
          throw new IllegalArgumentException(
              "the pilot gives %s no bandwidth: its samples of %s are all the same".formatted(kernel.name(), label));
        }
        return fitted;
      }
    }).toList();
  }

  private static double[] bandwidths(List<Kernel> kernels) {
    return kernels.stream().mapToDouble(Kernel::bandwidth).toArray();
  }

  @Override
  public MiniBatchAccumulator workers(BatchWorkers several) {
    workers = requireNonNull(several, "workers");
    return this;
  }

  @Override
  public void add(Activations a, Activations b) {
    if (kernelsA == null || kernelsB == null) {
      throw new IllegalStateException("an accumulator read from bytes has no kernel to add with; merge it into one that has");
    }
    Roster batch = Roster.ofBatch(a, b);
    roster.requireNew(batch);
    int n = batch.samples();
    if (n < Score.FEWEST_SAMPLES) {
      skipped++;
      return;
    }
    int ofA = kernelsA.size();
    @Nullable LayerGram[] open = new LayerGram[ofA + kernelsB.size()];
    try {
      Shares.forEach(workers, open.length,
          i -> open[i] = i < ofA ? gram(a, i, kernelsA.get(i), " of a") : gram(b, i - ofA, kernelsB.get(i - ofA), " of b"));
      List<LayerGram> left = Arrays.asList(open).subList(0, ofA);
      List<LayerGram> right = Arrays.asList(open).subList(ofA, open.length);
      SumsTable sums = GramSweep.of(left, right, Settings.DEFAULT.tile(), HsicEstimator.DEBIASED, workers);
      double scale = weight.of(n) / (n * (n - 3.0));
      batches.add(new Batch(n, weighted(own(left, sums.ofA()), scale), weighted(own(right, sums.ofB()), scale),
          Arrays.stream(sums.cross()).flatMapToDouble(row -> Arrays.stream(weighted(unbiased(row), scale))).toArray()));
      roster.add(batch);
    } finally {
      for (LayerGram gram : open) {
        if (gram != null) {
          gram.close();
        }
      }
    }
  }

  private LayerGram gram(Activations activations, int i, Kernel kernel, String owner) {
    String layer = activations.layers().get(i);
    LayerFeatures features = LayerFeatures.of(kernel, activations.get(layer), "layer \"" + layer + "\"" + owner, DataType.DOUBLE, false);
    int edge = Settings.DEFAULT.tile();
    boolean keep = KernelTiles.areKept(features.samples(), edge, bandwidthsA.length + bandwidthsB.length, features.type());
    return LayerGram.ofFitted(features, kernel, edge, keep);
  }

  /** Returns the sums of layers with themselves: exactly 0 where they are no more than rounding. */
  private static double[] own(List<LayerGram> layers, PairSums[] sums) {
    return IntStream.range(0, sums.length).mapToDouble(i -> {
      Side side = Side.inGramSpace(layers.get(i), sums[i], HsicEstimator.DEBIASED);
      return side.resolves(HsicEstimator.DEBIASED, side.whole()) ? side.whole().unbiased() : 0;
    }).toArray();
  }

  private static double[] unbiased(PairSums[] sums) {
    return Arrays.stream(sums).mapToDouble(pair -> pair.whole().unbiased()).toArray();
  }

  private static double[] weighted(double[] sums, double scale) {
    return Arrays.stream(sums).map(sum -> scale * sum).toArray();
  }

  @Override
  public void merge(CkaAccumulator other) {
    if (!(requireNonNull(other, "other") instanceof MiniBatchAccumulator that)) {
      throw new IllegalArgumentException("cannot merge exact sums into mini-batches; use the same kind of accumulator on every worker");
    }
    if (!kernel.equals(that.kernel) || weight != that.weight || !Arrays.equals(bandwidthsA, that.bandwidthsA)
        || !Arrays.equals(bandwidthsB, that.bandwidthsB)) {
      throw new IllegalArgumentException(
          ("cannot merge batches of %s weighted %s with bandwidths %s and %s into those of %s weighted %s with %s and %s; "
              + "use the same pilot on every worker").formatted(that.kernel, that.weight, Arrays.toString(that.bandwidthsA),
                  Arrays.toString(that.bandwidthsB), kernel, weight, Arrays.toString(bandwidthsA), Arrays.toString(bandwidthsB)));
    }
    roster.requireNew(that.roster);
    roster.add(that.roster);
    batches.addAll(that.batches);
    skipped += that.skipped;
  }

  @Override
  public int samples() {
    return roster.samples();
  }

  @Override
  public CkaMatrix result() {
    if (batches.isEmpty()) {
      throw new IllegalStateException("no batch of at least %d samples was added".formatted(Score.FEWEST_SAMPLES));
    }
    List<String> layersA = roster.layersA();
    List<String> layersB = roster.layersB();
    Score[][] scores = new Score[layersA.size()][layersB.size()];
    for (int i = 0; i < layersA.size(); i++) {
      for (int j = 0; j < layersB.size(); j++) {
        scores[i][j] = score(i, j);
      }
    }
    return new CkaMatrix(layersA, layersB, scores, false);
  }

  private Score score(int i, int j) {
    List<String> warnings = new ArrayList<>();
    warnings.add("from %d batches of %d samples in all, weighted %s: samples of different batches were not compared"
        .formatted(batches.size(), samples(), weight));
    if (skipped > 0) {
      warnings.add("%d batches of fewer than %d samples were skipped".formatted(skipped, Score.FEWEST_SAMPLES));
    }
    double xy = 0;
    double xx = 0;
    double yy = 0;
    int pair = i * bandwidthsB.length + j;
    for (Batch batch : batches) {
      xy += batch.cross()[pair];
      xx += batch.ofA()[i];
      yy += batch.ofB()[j];
    }
    double none = Double.NaN;
    boolean degenerate = xx == 0 || yy == 0;
    if (xx == 0) {
      warnings.add(nothingToCompare("layer \"" + roster.layersA().get(i) + "\" of a"));
    }
    if (yy == 0) {
      warnings.add(nothingToCompare("layer \"" + roster.layersB().get(j) + "\" of b"));
    }
    double value = degenerate ? none : HsicEstimator.ratio(xy, xx, yy);
    double error = degenerate ? none : standardError(pair, i, j, xy, xx, yy);
    if (!degenerate && Double.isNaN(error)) {
      warnings.add("no standard error: without one of the %d batches there is no value".formatted(batches.size()));
    }
    return new Score(value, value, none, none, none, none, none, error, none, none, samples(), roster.widthA(i), roster.widthB(j),
        HsicEstimator.DEBIASED, kernel, bandwidthsA[i], bandwidthsB[j], degenerate ? Score.Status.DEGENERATE : Score.Status.OK, warnings);
  }

  private static String nothingToCompare(String layer) {
    return ("%s is constant over the samples of each batch, or these are all equally far apart, or too far for its bandwidth: "
        + "it has no similarity to anything").formatted(layer);
  }

  /** Returns the jackknife over batches; NaN if a value is undefined without one of them, as it is of a single one. */
  private double standardError(int pair, int i, int j, double xy, double xx, double yy) {
    double count = batches.size();
    double[] without = batches.stream()
        .mapToDouble(b -> HsicEstimator.ratio(xy - b.cross()[pair], xx - b.ofA()[i], yy - b.ofB()[j])).toArray();
    double mean = PairSums.sum(without) / count;
    double squares = Arrays.stream(without).map(v -> (v - mean) * (v - mean)).sum();
    return Math.sqrt(squares * (count - 1) / count);
  }

  @Override
  public byte[] toBytes() {
    try {
      AccumulatorState.Writer state = new AccumulatorState.Writer(true).string(kernel).string(weight.name()).doubles(bandwidthsA)
          .doubles(bandwidthsB);
      roster.write(state);
      state.integer(skipped).integer(batches.size());
      for (Batch batch : batches) {
        state.integer(batch.n()).doubles(batch.ofA()).doubles(batch.ofB()).doubles(batch.cross());
      }
      return state.bytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static MiniBatchAccumulator read(AccumulatorState.Reader state) throws IOException {
    MiniBatchAccumulator read = new MiniBatchAccumulator(state.string(), BatchWeight.valueOf(state.string()), state.doubles(),
        state.doubles(), null, null, Roster.read(state));
    read.skipped = state.integer();
    int count = state.integer();
    for (int i = 0; i < count; i++) {
      read.batches.add(new Batch(state.integer(), state.doubles(), state.doubles(), state.doubles()));
    }
    return read;
  }
}
