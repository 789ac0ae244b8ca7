package io.modelweave.merge.statistics;

import io.modelweave.core.FeedForward;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.transformer.BlockGraph;
import io.modelweave.core.transformer.Mlp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A language model that also shows what goes into the two linear layers of each MLP: {@code block.<l>.mlp.input} ({@code [B, T, d]}) and
 * {@code block.<l>.mlp.hidden} ({@code [B, T, f]}).
 */
public final class ObservedMlps {

  private ObservedMlps() {}

  /**
   * Returns the same model, parameters shared, with two more names to record a block. Nothing is computed twice unless {@code hidden} is
   * asked for, which costs one more product {@code [N, f] x [f, f]} and an identity matrix {@code [f, f]} of memory for the whole model.
   *
   * @throws IllegalArgumentException naming every block that holds anything but the model's own MLP
   */
  public static LanguageModel of(LanguageModel model) {
    List<FeedForward> observed = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    INDArray identity = Nd4j.eye(model.configuration().innerWidth()).castTo(DataType.FLOAT).dup();
    INDArray zero = Nd4j.zeros(DataType.FLOAT, model.configuration().innerWidth());
    for (int layer = 0; layer < model.configuration().layers(); layer++) {
      if (model.feedForward(layer) instanceof Mlp mlp) {
        observed.add(new Observed(mlp, new Mlp("observed." + mlp.name(), mlp.inWeight(), mlp.inBias(), identity, zero, mlp.activation())));
      } else {
        problems.add("block %d holds a %s".formatted(layer, model.feedForward(layer).getClass().getSimpleName()));
      }
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException("only MLPs can be observed, but " + String.join(", ", problems));
    }
    return model.withFeedForwards(observed);
  }

  /** An MLP, and the same with the identity for its second layer, whose output is what goes into that layer. */
  private record Observed(Mlp mlp, Mlp hidden) implements FeedForward {

    @Override
    public SDVariable build(BlockGraph graph, SDVariable input) {
      graph.publish("block.%d.mlp.input".formatted(graph.layer()), input);
      graph.publish("block.%d.mlp.hidden".formatted(graph.layer()), hidden.build(graph, input));
      return mlp.build(graph, input);
    }

    @Override
    public Map<String, INDArray> parameters() {
      return mlp.parameters();
    }
  }
}
