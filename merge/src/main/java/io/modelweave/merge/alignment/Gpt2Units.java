package io.modelweave.merge.alignment;

import io.modelweave.core.transformer.Gpt2Configuration;
import java.util.List;

/** The units of GPT-2; matrices are {@code [in, out]}, queries, keys and values side by side. */
final class Gpt2Units extends TransformerUnits {

  private static final int QUERY_KEY_VALUE = 3;

  private final Gpt2Configuration configuration;

  Gpt2Units(Gpt2Configuration configuration) {
    super(configuration);
    this.configuration = configuration;
  }

  @Override
  int innerWidth() {
    return configuration.innerWidth();
  }

  @Override
  List<PermutedAxis> hiddenAxes(String mlp) {
    return present(PermutedAxis.of(mlp + ".c_fc.weight", 1), PermutedAxis.of(mlp + ".c_fc.bias", 0),
        PermutedAxis.of(mlp + ".c_proj.weight", 0));
  }

  @Override
  List<PermutedAxis> headAxes(String attention) {
    int headWidth = configuration.width() / configuration.heads();
    return present(new PermutedAxis(attention + ".c_attn.weight", 1, QUERY_KEY_VALUE, headWidth),
        new PermutedAxis(attention + ".c_attn.bias", 0, QUERY_KEY_VALUE, headWidth),
        new PermutedAxis(attention + ".c_proj.weight", 0, 1, headWidth));
  }

  @Override
  List<PermutedAxis> outerStreamAxes() {
    return present(PermutedAxis.of("transformer.wte.weight", 1), PermutedAxis.of("transformer.wpe.weight", 1),
        PermutedAxis.of("transformer.ln_f.weight", 0), PermutedAxis.of("transformer.ln_f.bias", 0), PermutedAxis.of("lm_head.weight", 1));
  }

  @Override
  List<PermutedAxis> blockStreamAxes(String block) {
    return present(PermutedAxis.of(block + ".ln_1.weight", 0), PermutedAxis.of(block + ".ln_1.bias", 0),
        PermutedAxis.of(block + ".attn.c_attn.weight", 0), PermutedAxis.of(block + ".attn.c_proj.weight", 1),
        PermutedAxis.of(block + ".attn.c_proj.bias", 0), PermutedAxis.of(block + ".ln_2.weight", 0),
        PermutedAxis.of(block + ".ln_2.bias", 0), PermutedAxis.of(block + ".mlp.c_fc.weight", 0),
        PermutedAxis.of(block + ".mlp.c_proj.weight", 1), PermutedAxis.of(block + ".mlp.c_proj.bias", 0));
  }
}
