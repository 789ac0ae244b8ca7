package io.modelweave.core.transformer;

import io.modelweave.core.rows.RowFunction;
import io.modelweave.core.rows.Softmax;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The cross-entropy in nats of each target token, {@code log(sum(exp(logits))) - logit of the target}. */
final class TokenLosses {

  private TokenLosses() {}

  /**
   * Adds the operations and returns {@code [N]}.
   *
   * @param logits {@code [N, V]}
   * @param targets the placeholder {@link TransformerGraph#TARGETS}, {@code [N]}
   */
  static SDVariable build(BlockGraph graph, SDVariable logits, SDVariable targets, int vocabularySize) {
    SameDiff sd = graph.sameDiff();
    if (graph.isOnHost(vocabularySize)) {
      return sd.squeeze(graph.apply("tokenLosses.logits", new OfPlaceholder(), logits, vocabularySize, 1), 1);
    }
    SDVariable isTarget = sd.oneHot(targets, vocabularySize).castTo(DataType.FLOAT); // a look-up's gradient walks row by row
    return sd.sum(sd.nn.logSoftmax(logits).mul(isTarget), 1).neg();
  }

  /** The losses of a run's own targets. */
  private static final class OfPlaceholder implements HostFunction {

    @Override
    public HostFunction reading(Map<String, INDArray> placeholders) {
      INDArray targets = placeholders.get(TransformerGraph.TARGETS);
      return HostFunction.of(new RowFunction() {
        @Override
        public void forward(INDArray logits, INDArray losses) {
          Softmax.crossEntropy(logits, targets.toIntVector(), losses);
        }

        @Override
        public void backward(INDArray logits, INDArray lossGradient, INDArray logitGradient) {
          Softmax.crossEntropyGradient(logits, targets.toIntVector(), lossGradient, logitGradient);
        }
      });
    }

    @Override
    public void forward(List<INDArray> inputs, INDArray output) {
      throw new IllegalStateException("without targets");
    }

    @Override
    public void backward(List<INDArray> inputs, List<INDArray> gradients) {
      throw new IllegalStateException("without targets");
    }
  }
}
