package io.modelweave.moe.sparse;

import io.modelweave.core.transformer.Mlp;
import io.modelweave.core.transformer.RowFunction;
import io.modelweave.moe.sparse.Workspace.Slot;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.Consumer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * {@code y_n = sum over the k largest gates of g_ne MLP_e(x_n)}, where each MLP reads only the tokens it is chosen for: {@code k N} rows
 * of work in all, whatever {@code E}, and none dropped. Level 3: what a routed model runs when {@code k < E} and its experts are frozen.
 *
 * <p>Rows {@code [N, d + E]} hold {@code x} and then the gates, {@code FLOAT}. The backward pass computes the hidden layer again
 * rather than keep it. Any number of threads may share a mixture; each uses memory of {@code k N d} and {@code 384 f} numbers, which
 * is kept.
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
  private final Consumer<int[]> loadListener;

  /**
   * Makes a mixture.
   *
   * @param name for messages, for instance {@code block 3}
   * @param experts {@code E} MLPs of one width; shared, not copied
   * @param topK {@code k}, from 1 to {@code E}
   * @param loadListener hears at every backward pass how many tokens each expert was chosen for
   */
  public SparseMixture(String name, List<? extends Mlp> experts, int topK, Consumer<int[]> loadListener) {
    if (topK < 1 || topK > experts.size()) {
      throw new IllegalArgumentException("%s: topK is %d, must be from 1 to the number of experts, %d"
          .formatted(name, topK, experts.size()));
    }
    this.name = name;
    this.experts = experts.stream().map(ExpertKernel::of).toList();
    this.width = Math.toIntExact(experts.get(0).width());
    this.topK = topK;
    this.loadListener = loadListener;
  }

  @Override
  public void forward(INDArray input, INDArray output) {
    Workspace workspace = borrow();
    try {
      INDArray tokens = tokens(input, workspace);
      Assignment assignment = assignment(input);
      INDArray sorted = workspace.matrix(Slot.SORTED, assignment.tokens().length, width);
      forEachChunk(assignment, (expert, from, to) -> {
        INDArray result = rows(sorted, from, to);
        experts.get(expert).forward(gather(tokens, assignment, from, to, Slot.ROWS, workspace), result, workspace);
        try (INDArray gates = column(assignment.gates(), from, to)) {
          result.muliColumnVector(gates);
        }
      });
      addUp(sorted, assignment, output, workspace);
    } finally {
      IDLE.push(workspace);
    }
  }

  @Override
  public void backward(INDArray input, INDArray outputGradient, INDArray inputGradient) {
    Workspace workspace = borrow();
    try {
      INDArray tokens = tokens(input, workspace);
      INDArray gradients = workspace.matrix(Slot.TOKEN_GRADIENTS, outputGradient.size(0), width).assign(outputGradient);
      Assignment assignment = assignment(input);
      float[] gateGradients = new float[Math.toIntExact(input.size(0)) * experts.size()];
      INDArray sorted = workspace.matrix(Slot.SORTED, assignment.tokens().length, width);
      forEachChunk(assignment, (expert, from, to) -> {
        try (INDArray gates = column(assignment.gates(), from, to);
            INDArray dGates = Nd4j.createUninitialized(gates.dataType(), to - from, 1)) {
          experts.get(expert).backward(gather(tokens, assignment, from, to, Slot.ROWS, workspace),
              gather(gradients, assignment, from, to, Slot.ROW_GRADIENTS, workspace), gates, rows(sorted, from, to), dGates, workspace);
          float[] values = dGates.data().asFloat();
          for (int place = from; place < to; place++) {
            gateGradients[assignment.tokens()[place] * experts.size() + expert] = values[place - from];
          }
        }
      });
      addUp(sorted, assignment, gradients, workspace);
      columns(inputGradient, 0, width).assign(gradients);
      try (INDArray gates = Nd4j.createFromArray(gateGradients)) {
        columns(inputGradient, width, width + experts.size()).assign(gates.reshape('c', input.size(0), experts.size()));
      }
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

  private INDArray tokens(INDArray input, Workspace workspace) {
    return workspace.matrix(Slot.TOKENS, input.size(0), width).assign(columns(input, 0, width));
  }

  private Assignment assignment(INDArray input) {
    try (INDArray gates = columns(input, width, width + experts.size()).dup('c')) {
      return Assignment.of(name, gates.data().asFloat(), experts.size(), topK);
    }
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

  private static INDArray gather(INDArray tokens, Assignment assignment, int from, int to, Slot slot, Workspace workspace) {
    INDArray rows = workspace.matrix(slot, to - from, tokens.size(1));
    return Nd4j.pullRows(tokens, rows, 1, Arrays.copyOfRange(assignment.tokens(), from, to));
  }

  /** Writes the sum of each token's {@code k} sorted rows. */
  private void addUp(INDArray sorted, Assignment assignment, INDArray output, Workspace workspace) {
    Nd4j.pullRows(sorted, output, 1, assignment.places()[0]);
    for (int turn = 1; turn < topK; turn++) {
      output.addi(Nd4j.pullRows(sorted, workspace.matrix(Slot.TURN, output.size(0), width), 1, assignment.places()[turn]));
    }
  }

  private static INDArray column(float[] values, int from, int to) {
    return Nd4j.create(Arrays.copyOfRange(values, from, to), new long[] {to - from, 1}, 'c');
  }

  private static INDArray rows(INDArray matrix, int from, int to) {
    return matrix.get(NDArrayIndex.interval(from, to), NDArrayIndex.all());
  }

  private static INDArray columns(INDArray matrix, int from, int to) {
    return matrix.get(NDArrayIndex.all(), NDArrayIndex.interval(from, to));
  }
}
