package io.modelweave.core.transformer;

import com.google.common.primitives.Longs;
import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The parameters a configuration calls for, under their Hugging Face names and in their Hugging Face shapes. */
public final class ModelWeights {

  private static final Pattern BASE = Pattern.compile("^(transformer|model|gpt_neox)[.]");
  private static final Pattern BLOCK = Pattern.compile("^(h|layers)[.]\\d+[.].*");
  private static final Pattern BUFFER = Pattern.compile(".*([.](attn|attention)[.](masked_)?bias|[.]rotary_emb[.].*)$");
  private static final Pattern INTO_RESIDUAL = Pattern.compile(".*[.](c_proj|o_proj|down_proj|dense|dense_4h_to_h)[.]weight$");

  private ModelWeights() {}

  /**
   * Returns the parameters in a checkpoint, as FLOAT arrays of their own. Names may lack the prefix of the base model
   * ({@code transformer.}, {@code model.}, {@code gpt_neox.}), as in the released GPT-2 files.
   *
   * <p>What else the checkpoint holds is ignored, if it is outside the blocks (a tied head, heads for other tasks) or a buffer (masks
   * {@code attn.bias}, {@code masked_bias}, tables {@code rotary_emb.*}). A tensor inside a block that the configuration does not call
   * for is a problem: with it the model computes something else.
   *
   * @throws ModelMismatchException listing every parameter that is missing, has another shape, or is not called for
   */
  public static Map<String, INDArray> read(TransformerConfiguration configuration, Checkpoint checkpoint) {
    List<String> problems = new ArrayList<>();
    Map<String, String> sources = new LinkedHashMap<>();
    configuration.shapes().forEach((name, shape) -> {
      String source = checkpoint.contains(name) ? name : bare(name);
      if (!checkpoint.contains(source)) {
        problems.add("\"%s\" %s is missing".formatted(name, Arrays.toString(shape)));
      } else if (!checkpoint.info(source).shape().equals(Longs.asList(shape))) {
        problems.add("\"%s\" is %s, the configuration says %s"
            .formatted(name, checkpoint.info(source).shape(), Arrays.toString(shape)));
      }
      sources.put(name, source);
    });
    Set<String> wanted = Set.copyOf(sources.values());
    for (String name : checkpoint.names()) {
      if (!wanted.contains(name) && BLOCK.matcher(bare(name)).matches() && !BUFFER.matcher(name).matches()) {
        problems.add("\"%s\" %s is not called for by the configuration".formatted(name, checkpoint.info(name).shape()));
      }
    }
    if (!problems.isEmpty()) {
      throw new ModelMismatchException("%s does not hold the model its configuration describes".formatted(checkpoint.source()), problems);
    }
    Map<String, INDArray> weights = new LinkedHashMap<>();
    sources.forEach((name, source) -> weights.put(name, asFloat(checkpoint.tensor(source))));
    return weights;
  }

  private static String bare(String name) {
    return BASE.matcher(name).replaceFirst("");
  }

  private static INDArray asFloat(INDArray stored) {
    if (stored.dataType() == DataType.FLOAT) {
      return stored;
    }
    try (stored) {
      return stored.castTo(DataType.FLOAT);
    }
  }

  /**
   * Returns fresh parameters: matrices normal with deviation 0.02, projections into the residual stream divided by {@code sqrt(2 L)},
   * biases 0, gains of norms 1. The same seed gives the same bits.
   *
   * <p>Source: Radford et al. 2019, section 2.3.
   */
  public static Map<String, INDArray> random(TransformerConfiguration configuration, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double residual = 1 / Math.sqrt(2.0 * configuration.layers());
    Map<String, INDArray> weights = new LinkedHashMap<>();
    configuration.shapes().forEach((name, shape) -> {
      float[] values = new float[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
      if (shape.length == 1) {
        Arrays.fill(values, name.endsWith(".weight") ? 1f : 0f);
      } else {
        double deviation = 0.02 * (INTO_RESIDUAL.matcher(name).matches() ? residual : 1);
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) (deviation * random.nextGaussian());
        }
      }
      weights.put(name, Nd4j.create(values, shape, 'c'));
    });
    return weights;
  }
}
