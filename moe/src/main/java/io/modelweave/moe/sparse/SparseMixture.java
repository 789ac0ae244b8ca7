package io.modelweave.moe.sparse;

import io.modelweave.core.rows.HostRows;
import io.modelweave.core.rows.RowFunction;
import io.modelweave.core.transformer.Mlp;
import io.modelweave.moe.sparse.Workspace.Slot;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@code y_n = sum over the k largest gates of g_ne MLP_e(x_n)}, where each MLP reads only the tokens it is chosen for: {@code k N} rows
 * of work in all, whatever {@code E}, and none dropped. Level 3: what a routed model runs when its experts are frozen.
 *
 * <p>Rows {@code [N, d + E]} hold {@code x} and then the gates, {@code FLOAT}. Matrix products are ND4J's; what is between them is Java
 * code on rows, since it is bound by memory and ND4J reads it several times.
 *
 * <p>Source: the dropless mixture of Gale et al., "MegaBlocks", 2022, arXiv 2211.15841, section 4, with one matrix product an expert.
 */
public final class SparseMixture implements RowFunction {

  /** Most rows of a product: enough for BLAS, which packs the weights for each, few enough that a hidden layer stays in the cache. */
  private static final int CHUNK = 384;
  private static final Deque<Workspace> IDLE = new ConcurrentLinkedDeque<>();

  private final String name;
  private final List<ExpertKernel> experts;
  private final int width;
  private final int topK;
  private final @Nullable Tape tape;
  private final Consumer<int[]> loadListener;

  private SparseMixture(String name, List<? extends Mlp> experts, int topK, @Nullable Tape tape, Consumer<int[]> loadListener) {
    if (topK < 1 || topK > experts.size()) {
      throw new IllegalArgumentException("%s: topK is %d, must be from 1 to the number of experts, %d"
          .formatted(name, topK, experts.size()));
    }
    this.name = name;
    this.experts = experts.stream().map(SparseMixture::kernel).toList();
    this.width = Math.toIntExact(experts.get(0).width());
    this.topK = topK;
    this.tape = tape;
    this.loadListener = loadListener;
  }

  private static ExpertKernel kernel(Mlp mlp) {
    return ExpertKernel.of(mlp).orElseThrow(() -> new IllegalArgumentException(
        "\"%s\" is a %s; there are kernels for Gpt2Mlp, GptNeoxMlp and GatedMlp".formatted(mlp.name(), mlp.getClass().getSimpleName())));
  }

  /**
   * Returns a mixture without a backward pass. Any number of threads may share it; each uses memory of some {@code 3 N d} and
   * {@code 384 f} numbers, which is kept.
   *
   * @param name for messages, for instance {@code block 3}
   * @param experts {@code E} MLPs of one width; shared, not copied
   * @param topK {@code k}, from 1 to {@code E}
   */
  public static SparseMixture of(String name, List<? extends Mlp> experts, int topK) {
    return new SparseMixture(name, experts, topK, null, loads -> {});
  }

  /**
   * Returns a mixture for one thread, which calls {@link #backward} after {@link #forward}. In between it keeps {@code k N (d + f)} numbers,
   * or {@code k N d} without the gradient of {@code x}.
   *
   * @param inputGradient whether the backward pass finds the gradient of {@code x} too, and not of the gates alone; if not, zeros
   * @param loadListener hears at every backward pass how many tokens each expert was chosen for
   */
  public static SparseMixture forTraining(String name, List<? extends Mlp> experts, int topK, boolean inputGradient,
      Consumer<int[]> loadListener) {
    return new SparseMixture(name, experts, topK, new Tape(inputGradient), loadListener);
  }

  /** Returns whether there is an implementation for that kind of MLP. */
  public static boolean supports(Mlp mlp) {
    return ExpertKernel.of(mlp).isPresent();
  }

  @Override
  public void forward(INDArray input, INDArray output) {
    Workspace workspace = borrow();
    try {
      int count = (int) input.size(0);
      int stride = width + experts.size();
      float[] rows = workspace.array(Slot.INPUT, count * stride);
      HostRows.read(input, rows);
      Assignment assignment = assignment(rows, count);
      if (tape != null) {
        tape.start(assignment, width, experts.stream().mapToInt(e -> e.kept() * e.units()).max().orElseThrow());
      }
      float[] sum = workspace.array(Slot.SUM, count * width);
      Arrays.fill(sum, 0, count * width, 0);
      forEachChunk(assignment, (expert, from, to) -> {
        ExpertKernel kernel = experts.get(expert);
        INDArray x = workspace.matrix(Slot.GATHERED, to - from, width);
        float[] values = workspace.array(Slot.ROWS, (to - from) * width);
        for (int place = from; place < to; place++) {
          System.arraycopy(rows, assignment.tokens()[place] * stride, values, (place - from) * width, width);
        }
        new HostRows(x).write(0, to - from, values);
        INDArray y = workspace.matrix(Slot.RESULT, to - from, width);
        kernel.forward(x, y, tape == null ? List.of() : tape.kept(from, to, kernel), workspace);
        new HostRows(y).read(0, to - from, values);
        float[] biases = kernel.outputBiases();
        for (int place = from; place < to; place++) {
          Rows.add(values, (place - from) * width, biases, 0, 1, width);
          Rows.add(sum, assignment.tokens()[place] * width, values, (place - from) * width, assignment.gates()[place], width);
        }
        if (tape != null) {
          tape.keepOutputs(from, to, values);
        }
      });
      new HostRows(output).write(0, count, sum);
    } finally {
      IDLE.push(workspace);
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if the mixture is not {@link #forTraining}, or there was no forward pass
   */
  @Override
  public void backward(INDArray input, INDArray outputGradient, INDArray inputGradient) {
    if (tape == null) {
      throw new IllegalStateException("%s: this mixture has no backward pass; use SparseMixture.forTraining".formatted(name));
    }
    Workspace workspace = borrow();
    try {
      int count = (int) input.size(0);
      int stride = width + experts.size();
      float[] gradients = workspace.array(Slot.INPUT, count * width);
      HostRows.read(outputGradient, gradients);
      Assignment assignment = tape.assignment();
      float[] sum = workspace.array(Slot.SUM, count * stride);
      Arrays.fill(sum, 0, count * stride, 0);
      forEachChunk(assignment, (expert, from, to) -> {
        for (int place = from; place < to; place++) {
          int token = assignment.tokens()[place];
          sum[token * stride + width + expert] = Rows.product(gradients, token * width, tape.outputs(), place * width, width);
        }
        if (!tape.inputGradient()) {
          return;
        }
        float[] values = workspace.array(Slot.ROWS, (to - from) * width);
        Arrays.fill(values, 0, (to - from) * width, 0);
        for (int place = from; place < to; place++) {
          Rows.add(values, (place - from) * width, gradients, assignment.tokens()[place] * width, assignment.gates()[place], width);
        }
        INDArray dy = workspace.matrix(Slot.GATHERED, to - from, width);
        new HostRows(dy).write(0, to - from, values);
        INDArray dx = workspace.matrix(Slot.RESULT, to - from, width);
        ExpertKernel kernel = experts.get(expert);
        kernel.backward(tape.kept(from, to, kernel), dy, dx, workspace);
        new HostRows(dx).read(0, to - from, values);
        for (int place = from; place < to; place++) {
          Rows.add(sum, assignment.tokens()[place] * stride, values, (place - from) * width, 1, width);
        }
      });
      new HostRows(inputGradient).write(0, count, sum);
      int[] loads = new int[experts.size()];
      Arrays.setAll(loads, assignment::load);
      loadListener.accept(loads);
    } finally {
      IDLE.push(workspace);
    }
  }

  private static Workspace borrow() {
    Workspace idle = IDLE.poll();
    return idle == null ? new Workspace() : idle;
  }

  private Assignment assignment(float[] rows, int count) {
    float[] gates = new float[count * experts.size()];
    for (int token = 0; token < count; token++) {
      System.arraycopy(rows, token * (width + experts.size()) + width, gates, token * experts.size(), experts.size());
    }
    return Assignment.of(name, gates, experts.size(), topK);
  }

  private interface Work {
    void on(int expert, int from, int to);
  }

  private void forEachChunk(Assignment assignment, Work work) {
    for (int expert = 0; expert < experts.size(); expert++) {
      int start = assignment.starts()[expert];
      int load = assignment.load(expert);
      int chunks = (load + CHUNK - 1) / CHUNK;
      for (int chunk = 0; chunk < chunks; chunk++) { // of equal size: a short last one would cost as much packing as a full one
        work.on(expert, start + (int) ((long) load * chunk / chunks), start + (int) ((long) load * (chunk + 1) / chunks));
      }
    }
  }

  /** Frees what the last forward pass kept. */
  @Override
  public void close() {
    if (tape != null) {
      tape.close();
    }
  }
}
