package io.modelweave.benchmarks;

import io.modelweave.core.ActivationRecorder;
import io.modelweave.core.Activations;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.Pooling;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.transformer.Gelu;
import io.modelweave.core.transformer.Gpt2Configuration;
import io.modelweave.core.transformer.TransformerGraph;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How many tokens a second go through a model of GPT-2 small's size while its layers are recorded, and what does recording add?
 *
 * <p>Model: 12 layers, width 768, random weights; 2 x 256 random tokens, one thread. Recorded are the MLP and the output of every block
 * (24 layers): {@code MEAN} one row a text, {@code ALL_TOKENS} one row a token; {@code NOTHING} computes the hidden states alone. The peer
 * is {@code benchmarks/peers/activation_capture.py}: transformers with a hook at each of the 24 places.
 *
 * <p>Floor: 2 x 85 million x 512 flop in the layers and 5 billion in attention; recording adds a copy of 38 MB.
 *
 * <pre>{@code
 * benchmarks/run ActivationCaptureBenchmark
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {"-Xmx2g", "-Dorg.bytedeco.javacpp.maxbytes=8G", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0"})
@Warmup(iterations = 2)
@Measurement(iterations = 4)
public class ActivationCaptureBenchmark {

  private static final int VOCABULARY = 50_257;
  private static final int TEXTS = 2;
  private static final int LENGTH = 256;

  /** What is recorded. */
  public enum Recorded {
    /** Nothing. */
    NOTHING,
    /** The mean over the tokens of a text. */
    MEAN,
    /** Every token. */
    ALL_TOKENS
  }

  /** What is recorded. */
  @Param
  public Recorded recorded = Recorded.MEAN;

  private LanguageModel model;
  private TokenBatch batch;
  private ActivationRecorder<TokenBatch> recorder;

  /** Draws model and tokens. */
  @Setup(Level.Trial)
  public void draw() {
    model = LanguageModel.random(new Gpt2Configuration(VOCABULARY, 1024, 768, 12, 12, 3072, Gelu.TANH, 1e-5, true), 1);
    SplittableRandom random = new SplittableRandom(1);
    int[][] ids = new int[TEXTS][];
    Arrays.setAll(ids, row -> random.ints(LENGTH, 0, VOCABULARY).toArray());
    batch = new TokenBatch(ids);
    recorder = ActivationRecorder.of(model).layers("block.*.mlp", "block.*.output")
        .pooling(recorded == Recorded.MEAN ? Pooling.MEAN : Pooling.ALL_TOKENS);
  }

  /** One batch. */
  @Benchmark
  public void capture() {
    if (recorded == Recorded.NOTHING) {
      model.outputs(batch, List.of(TransformerGraph.HIDDEN)).values().forEach(INDArray::close);
    } else {
      try (Activations activations = recorder.record(List.of(batch))) {
        activations.layers();
      }
    }
  }
}
