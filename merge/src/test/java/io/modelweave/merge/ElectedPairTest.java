package io.modelweave.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.merge.method.Chunk;
import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MagnitudeTrim;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.Pass;
import io.modelweave.merge.method.Sparsifier;
import io.modelweave.merge.method.TaskVectorMerge;
import io.modelweave.merge.method.TaskVectorMerge.Consensus;
import io.modelweave.merge.method.TensorMerge;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The short way that TIES of two models goes, against the long way of any number: the same bits. */
class ElectedPairTest {

  private static final int LENGTH = 40_000;

  @ParameterizedTest
  @CsvSource({"F32,0.3,1,1,1,1", "F32,0.3,0.5,0.5,1,1", "BF16,0.4,0.7,-0.2,1,1", "F16,0.6,0.7,0.1,0,0.4", "F32,0.5,0,1,1,1",
      "F32,0.5,1e-200,1,0,1", "F32,0.5,1e-29,1,1,1", "F32,0.5,1e-29,2e-29,1,1",
      "F32,0.5,1,-1,1,2", "F32,0,1,1,1,1", "F32,1,0.3,0.6,1,0", "F64,0.3,0.5,0.25,1,1", "F32,0.9,1,1,0,0.5"})
  void should_merge_two_to_the_bits_of_the_general_way(ElementType type, double density, double ofA, double ofB, double normalize,
      double lambda) {
    for (Consensus consensus : List.of(Consensus.SUM, Consensus.WEIGHTED_SUM)) {
      Checkpoint byPair = merge(consensus, true, type, density, ofA, ofB, normalize, lambda);
      Checkpoint general = merge(consensus, false, type, density, ofA, ofB, normalize, lambda);

      assertThat(bits(byPair)).as("%s", consensus).isEqualTo(bits(general));
    }
  }

  private static Checkpoint merge(Consensus consensus, boolean pair, ElementType type, double density, double ofA, double ofB,
      double normalize, double lambda) {
    Random random = new Random(7);
    double[] base = IntStream.range(0, LENGTH).mapToDouble(i -> i % 9 == 0 ? -0.0 : random.nextInt(-8, 9) / 8.0).toArray();
    return Merger.of(near(base, type, 1), near(base, type, 2)).base(new PlainCheckpoint().with("w", type, List.of((long) LENGTH), base))
        .method(new Elected(consensus, pair)).weights(ofA, ofB).set("density", density).set("normalize", normalize).set("lambda", lambda)
        .merge();
  }

  /** Differences of few values, so that some vanish, some cancel, and many are equal; signed zeros are among the numbers. */
  private static PlainCheckpoint near(double[] base, ElementType type, int seed) {
    Random random = new Random(seed);
    double[] values = IntStream.range(0, LENGTH).mapToDouble(i -> i % 7 == 0 ? -0.0 : base[i] + random.nextInt(-40, 41) / 64.0).toArray();
    return new PlainCheckpoint().with("w", type, List.of((long) LENGTH), values);
  }

  private static long[] bits(Checkpoint merged) {
    return Arrays.stream(PlainCheckpoint.doubles(merged, "w")).mapToLong(Double::doubleToRawLongBits).toArray();
  }

  /** TIES, whose trim may keep to itself how it can be told what it keeps. */
  private record Elected(Consensus consensus, boolean pair) implements MergeMethod {

    @Override
    public String name() {
      return "elected";
    }

    @Override
    public String citation() {
      return "none";
    }

    @Override
    public List<Parameter> parameters() {
      return new Ties().parameters();
    }

    @Override
    public Inputs inputs() {
      return new Ties().inputs();
    }

    @Override
    public TensorMerge begin(MergeGroup group) {
      MagnitudeTrim trim = new MagnitudeTrim(group, new double[group.first().models()], false);
      return new TaskVectorMerge(pair ? trim : new Silent(trim), consensus);
    }
  }

  private record Silent(Sparsifier trim) implements Sparsifier {

    @Override
    public @Nullable Pass next() {
      return trim.next();
    }

    @Override
    public void factors(Chunk chunk, int model, double[] factors) {
      trim.factors(chunk, model, factors);
    }
  }
}
