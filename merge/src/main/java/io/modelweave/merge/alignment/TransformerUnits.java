package io.modelweave.merge.alignment;

import io.modelweave.core.transformer.Gpt2Configuration;
import io.modelweave.core.transformer.GptNeoxConfiguration;
import io.modelweave.core.transformer.LlamaConfiguration;
import io.modelweave.core.transformer.TransformerConfiguration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** The units of a decoder, by Hugging Face name: what all families share. */
abstract class TransformerUnits {

  final TransformerConfiguration configuration;
  private final Set<String> parameters;

  TransformerUnits(TransformerConfiguration configuration) {
    this.configuration = configuration;
    this.parameters = configuration.shapes().keySet();
  }

  static TransformerUnits of(TransformerConfiguration configuration) {
    if (configuration instanceof Gpt2Configuration gpt2) {
      return new Gpt2Units(gpt2);
    } else if (configuration instanceof LlamaConfiguration llama) {
      return new LlamaUnits(llama);
    }
    return new GptNeoxUnits((GptNeoxConfiguration) configuration);
  }

  /** Returns a group for the hidden units of each MLP. */
  final List<PermutationGroup> hiddenUnits() {
    return IntStream.range(0, configuration.layers()).mapToObj(layer -> new PermutationGroup("block.%d.mlp".formatted(layer), innerWidth(),
        hiddenAxes(configuration.blockName(layer) + ".mlp"), List.of("block.%d.mlp.hidden".formatted(layer)))).toList();
  }

  /** Returns a group for the query heads of each block. */
  final List<PermutationGroup> heads() {
    return IntStream.range(0, configuration.layers()).mapToObj(layer -> new PermutationGroup("block.%d.heads".formatted(layer),
        configuration.heads(), headAxes(configuration.attentionName(layer)), List.of())).toList();
  }

  /** Returns the one group of the channels of the residual stream. */
  final PermutationGroup residualStream() {
    List<PermutedAxis> axes = new ArrayList<>(outerStreamAxes());
    List<String> layers = new ArrayList<>();
    for (int layer = 0; layer < configuration.layers(); layer++) {
      axes.addAll(blockStreamAxes(configuration.blockName(layer)));
      layers.add("block.%d.output".formatted(layer));
    }
    return new PermutationGroup("residual", configuration.width(), axes, layers);
  }

  abstract int innerWidth();

  abstract List<PermutedAxis> hiddenAxes(String mlp);

  abstract List<PermutedAxis> headAxes(String attention);

  /** Returns the axes of the stream outside the blocks: embeddings, final norm, head. */
  abstract List<PermutedAxis> outerStreamAxes();

  abstract List<PermutedAxis> blockStreamAxes(String block);

  /** Returns those of the axes whose tensors the model has: some biases and the head are there only in some settings. */
  final List<PermutedAxis> present(PermutedAxis... axes) {
    return List.of(axes).stream().filter(axis -> parameters.contains(axis.tensor())).toList();
  }
}
