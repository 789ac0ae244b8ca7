package io.modelweave.core.transformer;

import com.google.common.primitives.Longs;
import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The parameters a GPT-2 configuration calls for: their names and shapes, read from a checkpoint or drawn at random. */
public final class Gpt2Weights {

  private static final String PREFIX = "transformer.";

  private Gpt2Weights() {}

  /** Returns every parameter name with its shape, in the order of the Hugging Face model. */
  public static Map<String, long[]> shapes(Gpt2Configuration c) {
    long d = c.width();
    long f = c.innerWidth();
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put("transformer.wte.weight", new long[] {c.vocabularySize(), d});
    shapes.put("transformer.wpe.weight", new long[] {c.contextLength(), d});
    for (int layer = 0; layer < c.layers(); layer++) {
      String block = "transformer.h." + layer;
      putAffine(shapes, block + ".ln_1", d);
      putAffine(shapes, block + ".attn.c_attn", d, 3 * d);
      putAffine(shapes, block + ".attn.c_proj", d, d);
      putAffine(shapes, block + ".ln_2", d);
      putAffine(shapes, block + ".mlp.c_fc", d, f);
      putAffine(shapes, block + ".mlp.c_proj", f, d);
    }
    putAffine(shapes, "transformer.ln_f", d);
    if (!c.tiedHead()) {
      shapes.put("lm_head.weight", new long[] {c.vocabularySize(), d});
    }
    return shapes;
  }

  private static void putAffine(Map<String, long[]> shapes, String name, long... weight) {
    shapes.put(name + ".weight", weight);
    shapes.put(name + ".bias", new long[] {weight[weight.length - 1]});
  }

  /**
   * Returns the parameters in a checkpoint, as FLOAT arrays of their own. Names may lack the {@code transformer.} prefix, as in the
   * released GPT-2 files.
   *
   * @throws ModelMismatchException listing every parameter that is missing or has another shape
   */
  public static Map<String, INDArray> read(Gpt2Configuration configuration, Checkpoint checkpoint) {
    List<String> problems = new ArrayList<>();
    Map<String, String> sources = new LinkedHashMap<>();
    shapes(configuration).forEach((name, shape) -> {
      String bare = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
      String source = checkpoint.contains(name) ? name : bare;
      if (!checkpoint.contains(source)) {
        problems.add("\"%s\" %s is missing".formatted(name, Arrays.toString(shape)));
      } else if (!checkpoint.info(source).shape().equals(Longs.asList(shape))) {
        problems.add("\"%s\" is %s, the configuration says %s"
            .formatted(name, checkpoint.info(source).shape(), Arrays.toString(shape)));
      }
      sources.put(name, source);
    });
    if (!problems.isEmpty()) {
      throw new ModelMismatchException("%s does not hold the model its configuration describes".formatted(checkpoint.source()), problems);
    }
    Map<String, INDArray> weights = new LinkedHashMap<>();
    sources.forEach((name, source) -> {
      INDArray stored = checkpoint.tensor(source);
      weights.put(name, stored.dataType() == DataType.FLOAT ? stored : stored.castTo(DataType.FLOAT));
    });
    return weights;
  }

  /**
   * Returns fresh parameters: matrices normal with deviation 0.02, projections into the residual stream divided by {@code sqrt(2 L)},
   * biases 0, layer norm gains 1. The same seed gives the same bits.
   *
   * <p>Source: Radford et al. 2019, section 2.3.
   */
  public static Map<String, INDArray> random(Gpt2Configuration configuration, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double residual = 1 / Math.sqrt(2.0 * configuration.layers());
    Map<String, INDArray> weights = new LinkedHashMap<>();
    shapes(configuration).forEach((name, shape) -> {
      float[] values = new float[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
      if (name.contains("ln_")) {
        Arrays.fill(values, name.endsWith(".weight") ? 1f : 0f);
      } else if (name.endsWith(".weight")) {
        double deviation = 0.02 * (name.endsWith("c_proj.weight") ? residual : 1);
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) (deviation * random.nextGaussian());
        }
      }
      weights.put(name, Nd4j.create(values, shape, 'c'));
    });
    return weights;
  }
}
