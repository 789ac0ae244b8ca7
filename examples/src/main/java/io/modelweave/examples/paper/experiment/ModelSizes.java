package io.modelweave.examples.paper.experiment;

import io.modelweave.core.LanguageModel;
import io.modelweave.examples.paper.experiment.RoutingAcrossLayers.Window;
import io.modelweave.examples.paper.lab.Laboratory;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What does each way of combining two specialists cost? A question of the paper's reviewers. */
final class ModelSizes implements Experiment {

  /** Where {@link #of} has the merge of activations. */
  static final int ACTIVATIONS = 2;
  /** Where it has routers within one layer; those over two follow. */
  static final int ROUTED = 4;

  /**
   * A model.
   *
   * @param model in words
   * @param total parameters held
   * @param active parameters applied to a token; one that several blocks apply counts each time
   */
  record Size(String model, long total, long active) {}

  @Override
  public Section run(Laboratory lab) {
    List<Size> sizes = of(lab.models().base(), RoutingAcrossLayers.measure(lab));
    return new Section("sizes", "Parameters", List.of(),
        List.of(new Table("parameters",
            "Parameters: in all, and applied to each token, where one that several blocks apply counts each time.",
            List.of("model", "total", "active"), sizes.stream().map(s -> List.<Object>of(s.model(), s.total(), s.active())).toList())),
        List.of(), sizes);
  }

  /** Returns the sizes of all that is compared; routers are dense, so every expert of a block's window reads every token. */
  static List<Size> of(LanguageModel base, List<Window> routing) {
    long alone = base.parameterCount();
    long mlps = 0;
    for (int layer = 0; layer < base.configuration().layers(); layer++) {
      mlps += base.feedForward(layer).parameters().values().stream().mapToLong(INDArray::length).sum();
    }
    List<Size> sizes = new ArrayList<>(List.of(
        new Size("one specialist; the base fine-tuned on the target", alone, alone),
        new Size("weights merged: interpolation, TIES", alone, alone),
        new Size("activations merged", alone + mlps, alone + mlps),
        new Size("probability ensemble", 2 * alone, 2 * alone)));
    for (Window w : routing) {
      sizes.add(new Size(w.window() == 1 ? "routed within one layer" : "routed over %d layers".formatted(w.window()),
          w.routed().get(0).total(), w.routed().get(0).active()));
    }
    return sizes;
  }
}
