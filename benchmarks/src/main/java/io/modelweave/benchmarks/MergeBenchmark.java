package io.modelweave.benchmarks;

import io.modelweave.core.Checkpoint;
import io.modelweave.merge.Merge;
import io.modelweave.merge.Merger;
import io.modelweave.merge.Mergekit;
import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How many elements of output does one thread merge in a second, from memory to memory?
 *
 * <p>Data: tensors of {@code [4096, 1024]} (4 Mi elements), a base of standard normal values and two models beside it, FLOAT and BF16;
 * density 0.3. The time includes the report of each tensor; in memory nothing is hashed. {@code method=plain_loop} is the average of two
 * float arrays and nothing else, whatever {@code type} says. Any of {@link Mergekit#names()} can be asked for. The peer is
 * {@code benchmarks/peers/merge.py}: the formulas in PyTorch, without report, in the stored type, so that BF16 is rounded after each
 * operation there; here it is rounded once, from double.
 *
 * <p>Floor: every model read once and the output written once, by the rate of a copy in memory.
 *
 * <pre>{@code
 * benchmarks/run MergeBenchmark
 * benchmarks/run jmh MergeBenchmark -p method=karcher,sce
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {"-Xmx1g", "-Dorg.bytedeco.javacpp.maxbytes=4G", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0"})
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
public class MergeBenchmark {

  /** Rows of the tensor. */
  public static final int ROWS = 4096;
  /** Columns of the tensor. */
  public static final int COLUMNS = 1024;

  private static final String PLAIN_LOOP = "plain_loop";

  /** Name of a method in mergekit's variant, or {@value #PLAIN_LOOP}. */
  @Param({PLAIN_LOOP, "linear", "slerp", "karcher", "task_arithmetic", "ties", "dare_ties", "della", "breadcrumbs", "model_stock", "sce",
      "arcee_fusion"})
  public String method = "linear";

  /** Type of the models and of the output. */
  @Param({"FLOAT", "BFLOAT16"})
  public DataType type = DataType.FLOAT;

  private final List<Checkpoint> checkpoints = new ArrayList<>();
  private Supplier<Object> operation = () -> List.of();

  /** Draws the models. */
  @Setup
  public void draw() {
    operation = method.equals(PLAIN_LOOP) ? plainLoop() : library();
  }

  private static Supplier<Object> plainLoop() {
    float[] a = new float[ROWS * COLUMNS];
    float[] b = new float[ROWS * COLUMNS];
    float[] average = new float[ROWS * COLUMNS];
    return () -> {
      for (int i = 0; i < average.length; i++) {
        average[i] = 0.5f * a[i] + 0.5f * b[i];
      }
      return average;
    };
  }

  private Supplier<Object> library() {
    MergeMethod merging = Mergekit.method(method);
    boolean based = merging.inputs().base() == Inputs.Base.REQUIRED;
    int models = Math.min(2, merging.inputs().most());
    INDArray base = Features.normal(ROWS, COLUMNS, 0);
    for (int i = 0; i <= models; i++) {
      INDArray model = i == 0 ? base : base.add(Features.normal(ROWS, COLUMNS, i).mul(0.1));
      checkpoints.add(Checkpoint.of(Map.of("w", model.castTo(type))));
    }
    Merge begun = Merger.of(checkpoints.subList(1, models + 1).toArray(Checkpoint[]::new)).method(merging).threads(1);
    for (Parameter parameter : merging.parameters()) {
      if (parameter.name().equals("density")) {
        begun = begun.set("density", 0.3);
      } else if (parameter.required()) {
        begun = begun.set(parameter.name(), 0.5);
      }
    }
    Merge merge = based ? begun.base(checkpoints.get(0)) : begun;
    return () -> {
      try (Checkpoint merged = merge.merge()) {
        return merged.info("w").length();
      }
    };
  }

  /** One tensor. */
  @Benchmark
  public Object merge() {
    return operation.get();
  }

  /** Gives the memory back. */
  @TearDown
  public void close() {
    checkpoints.forEach(Checkpoint::close);
  }
}
