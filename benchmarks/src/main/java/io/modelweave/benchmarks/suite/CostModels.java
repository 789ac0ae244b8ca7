package io.modelweave.benchmarks.suite;

import io.modelweave.benchmarks.InterpolationBenchmark;
import io.modelweave.benchmarks.MergeBenchmark;
import io.modelweave.benchmarks.ScalingBenchmark;
import io.modelweave.benchmarks.SyntheticModels;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.core.checkpoint.TensorInfo;

/**
 * What each case cannot do without, from the shapes alone: flop in matrix products (a multiplication and an addition are two), bytes moved.
 * Symmetric products count half, whether or not the library has them. Anything else, such as {@code exp}, top-k or the start of a JVM, is
 * left out, so that a floor is never too high.
 */
final class CostModels {

  private static final double FLOAT = 4;

  private CostModels() {}

  /** One pair of layers {@code [n, p]} and {@code [n, p]}: of their features or of their Gram matrices, whichever is less. */
  static double ckaPair(double n, double p) {
    return Math.min(n * 4 * p * p, ckaPairOfGrams(n, p));
  }

  /** One pair by Gram matrices, which a kernel without finite features needs. */
  static double ckaPairOfGrams(double n, double p) {
    return 2 * n * n * p + 3 * n * n;
  }

  /** All pairs of {@code l1 x l2} layers {@code [n, p]}. */
  static double ckaMap(double n, double p, double l1, double l2) {
    return Math.min(ckaMapOfGrams(n, p, l1, l2), 2 * n * p * p * l1 * l2 + n * p * p * (l1 + l2));
  }

  /** All pairs by Gram matrices. */
  static double ckaMapOfGrams(double n, double p, double l1, double l2) {
    return n * n * p * (l1 + l2) + n * n * l1 * l2;
  }

  static Work cka(Case measured) {
    double n = measured.number("samples");
    double p = measured.number("width");
    return Work.flops(inFloats(measured, switch (measured.method()) {
      case "cheapest" -> ckaPair(n, p);
      case "gram", "tiled", "rbfTiled" -> ckaPairOfGrams(n, p);
      case "rbfStreaming" -> n / 256 * ckaPairOfGrams(256, p);
      default -> n * 4 * p * p;
    })).on((int) measured.number("threads"));
  }

  static Work ckaMap(Case measured) {
    double n = measured.number("samples");
    return Work.flops(inFloats(measured, switch (measured.method()) {
      case "linearWithinOneModel" -> Math.min(n * n * 768 * 13 + n * n * 13 * 14 / 2, n * 768 * 768 * 13 * 13);
      case "rbf" -> ckaMapOfGrams(n, 768, 13, 13);
      default -> ckaMap(n, 768, 13, 13);
    })).on((int) measured.number("threads"));
  }

  /** The rate is that of FLOAT; a vector holds half as many doubles. */
  private static double inFloats(Case measured, double flops) {
    return measured.text("type").equals("DOUBLE") ? 2 * flops : flops;
  }

  static Work interpolation(Case measured) {
    double bytes = 3 * InterpolationBenchmark.ELEMENTS * (measured.text("type").equals("FLOAT") ? FLOAT : FLOAT / 2);
    return Work.memory(bytes).into(bytes / 3).of(InterpolationBenchmark.ELEMENTS, "elements");
  }

  static Work merge(Case measured) {
    double elements = (double) MergeBenchmark.ROWS * MergeBenchmark.COLUMNS;
    String method = measured.text("method");
    if (method.equals("plain_loop")) {
      return Work.UNKNOWN.of(elements, "elements"); // what a cache keeps of it comes in less time than memory takes
    }
    double output = elements * (measured.text("type").equals("FLOAT") ? FLOAT : FLOAT / 2);
    double inputs = switch (method) {
      case "linear", "slerp", "karcher", "arcee_fusion" -> 2;
      default -> 3; // the base
    };
    return Work.memory((inputs + 1) * output).of(elements, "elements");
  }

  static Work mergeFiles(Case measured) {
    double bytes = bytes(ElementType.valueOf(measured.text("type")));
    return Work.file(bytes).hashing(bytes);
  }

  static Work checkpoint(Case measured) {
    double bytes = bytes(ElementType.BF16);
    if (measured.method().equals("copy")) {
      return Work.file(bytes);
    }
    return Work.memory(2 * bytes).into(measured.text("how").equals("PLAIN") ? 0 : bytes).of(bytes, "B");
  }

  private static double bytes(ElementType type) {
    return SyntheticModels.gpt2Small(type).stream().mapToLong(TensorInfo::byteLength).sum();
  }

  static Work activationCapture(Case measured) {
    return Work.flops(hiddenStates(2 * 256, 256)).of(2 * 256, "tokens");
  }

  static Work gpt2Small(Case measured) {
    int threads = (int) measured.number("threads");
    if (measured.method().equals("hiddenStates")) {
      return Work.flops(hiddenStates(4 * 256, 256)).on(threads).of(4 * 256, "tokens");
    }
    double tokens = 2 * 256;
    double forward = hiddenStates(tokens, 256);
    double weight = 2 * tokens * 768 * 768; // one [d, d] of the 12 of a block: 4 in attention, 4 in either layer of the MLP
    double back = forward / 12 * 11 + 4 * weight; // in block 0 to the inner layer of its MLP
    double mlps = 12 * 8 * weight;
    double head = 2 * tokens * 768 * 50257; // frozen: forward and back
    return Work.flops(forward + back + mlps + 2 * head).on(threads).of(tokens, "tokens");
  }

  /** GPT-2 small without its head: 12 layers of 12 d² weights, and attention over texts of a length. */
  private static double hiddenStates(double tokens, double length) {
    return 2 * tokens * 12 * 12 * 768 * 768 + 12 * 4 * tokens * length * 768;
  }

  static Work trainingStep(Case measured) {
    double tokens = 16 * 48;
    double weight = 2 * tokens * 48 * 48;
    double attention = 4 * tokens * 48 * 48;
    double block = 12 * weight + attention;
    double head = 2 * tokens * 48 * 102;
    double back = measured.text("trained").equals("ALL") ? 6 * block + attention * 6 + head + 6 * 12 * weight + head
        : 5 * block + attention * 5 + 4 * weight + head + 6 * 8 * weight;
    return Work.flops(6 * block + head + back).of(tokens, "tokens");
  }

  /** {@code k} of {@code e} MLPs of hidden width {@code f} for tokens of width {@code d}. */
  static double mixture(double tokens, double d, double f, double e, double k) {
    return tokens * (2 * d * e + 4 * k * d * f);
  }

  static Work routerBlock(Case measured) {
    return Work.flops(mixture(1024, 768, 3072, measured.method().equals("dense") ? 0 : 8, 2)).of(1024, "tokens");
  }

  static Work routerTraining(Case measured) {
    double tokens = 16 * 48;
    double attention = 4 * 2 * tokens * 128 * 128 + 4 * tokens * 48 * 128;
    double block = attention + mixture(tokens, 128, 512, 4, measured.number("topK"));
    double head = 2 * tokens * 128 * 102;
    return Work.flops(11 * block + 2 * head).of(tokens, "tokens"); // 6 forward, 5 back: below the experts of block 0 nothing is trained
  }

  static Work scaling(Case measured) {
    return Work.flops(switch (measured.method()) {
      case "pair" -> measured.text("kernel").equals("linear") ? ckaPair(measured.number("n"), measured.number("p"))
          : ckaPairOfGrams(measured.number("n"), measured.number("p"));
      case "map" -> ckaMap(ScalingBenchmark.MAP_SAMPLES, ScalingBenchmark.MAP_WIDTH, measured.number("layers"), measured.number("layers"));
      default -> mixture(ScalingBenchmark.TOKENS, ScalingBenchmark.WIDTH, 4 * ScalingBenchmark.WIDTH, measured.number("experts"),
          measured.number("kept"));
    });
  }
}
