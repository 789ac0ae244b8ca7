package io.modelweave.merge.alignment;

import io.modelweave.core.transformer.Gpt2Configuration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The units of a GPT-2 decoder, by Hugging Face name; its matrices are {@code [in, out]}. */
final class TransformerUnits {

  private static final int QUERY_KEY_VALUE = 3;

  private final Gpt2Configuration configuration;

  TransformerUnits(Gpt2Configuration configuration) {
    this.configuration = configuration;
  }

  List<PermutationGroup> hiddenUnits() {
    return IntStream.range(0, configuration.layers()).mapToObj(layer -> {
      String mlp = block(layer) + ".mlp";
      return new PermutationGroup("block.%d.mlp".formatted(layer), configuration.innerWidth(), List.of(
          PermutedAxis.of(mlp + ".c_fc.weight", 1), PermutedAxis.of(mlp + ".c_fc.bias", 0), PermutedAxis.of(mlp + ".c_proj.weight", 0)),
          List.of("block.%d.mlp.hidden".formatted(layer)));
    }).toList();
  }

  List<PermutationGroup> heads() {
    int headWidth = configuration.width() / configuration.heads();
    return IntStream.range(0, configuration.layers()).mapToObj(layer -> {
      String attention = block(layer) + ".attn";
      return PermutationGroup.of("block.%d.heads".formatted(layer), configuration.heads(),
          new PermutedAxis(attention + ".c_attn.weight", 1, QUERY_KEY_VALUE, headWidth),
          new PermutedAxis(attention + ".c_attn.bias", 0, QUERY_KEY_VALUE, headWidth),
          new PermutedAxis(attention + ".c_proj.weight", 0, 1, headWidth));
    }).toList();
  }

  PermutationGroup residualStream() {
    List<PermutedAxis> axes = new ArrayList<>(List.of(PermutedAxis.of("transformer.wte.weight", 1),
        PermutedAxis.of("transformer.wpe.weight", 1)));
    List<String> layers = new ArrayList<>();
    for (int layer = 0; layer < configuration.layers(); layer++) {
      String block = block(layer);
      addNorm(axes, block + ".ln_1");
      axes.add(PermutedAxis.of(block + ".attn.c_attn.weight", 0));
      addWriter(axes, block + ".attn.c_proj");
      addNorm(axes, block + ".ln_2");
      axes.add(PermutedAxis.of(block + ".mlp.c_fc.weight", 0));
      addWriter(axes, block + ".mlp.c_proj");
      layers.add("block.%d.output".formatted(layer));
    }
    addNorm(axes, "transformer.ln_f");
    if (!configuration.tiedHead()) {
      axes.add(PermutedAxis.of("lm_head.weight", 1));
    }
    return new PermutationGroup("residual", configuration.width(), axes, layers);
  }

  private static void addNorm(List<PermutedAxis> axes, String name) {
    axes.add(PermutedAxis.of(name + ".weight", 0));
    axes.add(PermutedAxis.of(name + ".bias", 0));
  }

  private static void addWriter(List<PermutedAxis> axes, String name) {
    axes.add(PermutedAxis.of(name + ".weight", 1));
    axes.add(PermutedAxis.of(name + ".bias", 0));
  }

  private static String block(int layer) {
    return "transformer.h." + layer;
  }
}
