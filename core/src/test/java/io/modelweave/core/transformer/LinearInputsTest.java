package io.modelweave.core.transformer;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.FeedForward;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.testing.GoldenFamilies;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** What blocks publish of the inputs of their linear layers, against plain arithmetic in double on the same weights. */
class LinearInputsTest {

  private static final double FLOAT = 1e-5; // relative to the largest expected value

  @Test
  void should_publish_what_goes_into_every_linear_layer_of_gpt2() {
    Values values = new Values(GoldenModels.load("gpt2-math"), GoldenModels.batch());
    String block = "transformer.h.1";

    INDArray input = layerNorm(values.of("block.0.output"), values.weight(block + ".ln_1.weight"), values.weight(block + ".ln_1.bias"));
    INDArray qkv = input.mmul(values.weight(block + ".attn.c_attn.weight")).addiRowVector(values.weight(block + ".attn.c_attn.bias"));
    values.assertClose("block.1.attention.input", input);
    values.assertClose("block.1.attention.mixed", plainAttention(qkv, values.length(), values.heads()));
    values.assertClose("block.1.attention", values.of("block.1.attention.mixed").mmul(values.weight(block + ".attn.c_proj.weight"))
        .addiRowVector(values.weight(block + ".attn.c_proj.bias")));

    INDArray second = layerNorm(values.of("block.1.residual"), values.weight(block + ".ln_2.weight"), values.weight(block + ".ln_2.bias"));
    INDArray opening = second.mmul(values.weight(block + ".mlp.c_fc.weight")).addiRowVector(values.weight(block + ".mlp.c_fc.bias"));
    values.assertClose("block.1.mlp.input", second);
    values.assertClose("block.1.mlp.hidden", geluByTanh(opening));
    values.assertClose("block.1.mlp", values.of("block.1.mlp.hidden").mmul(values.weight(block + ".mlp.c_proj.weight"))
        .addiRowVector(values.weight(block + ".mlp.c_proj.bias")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "llama3-rope", "mistral-window"})
  void should_publish_what_goes_into_the_linear_layers_of_llamas(String name) {
    Values values = new Values(GoldenFamilies.load(name), GoldenFamilies.batch(name));
    String block = "model.layers.1";

    values.assertClose("block.1.attention.input", rmsNorm(values.of("block.0.output"), values.weight(block + ".input_layernorm.weight")));
    values.assertClose("block.1.attention", values.linear(block + ".self_attn.o_proj", values.of("block.1.attention.mixed")));
    INDArray input = rmsNorm(values.of("block.1.residual"), values.weight(block + ".post_attention_layernorm.weight"));
    INDArray gate = values.linear(block + ".mlp.gate_proj", input);
    values.assertClose("block.1.mlp.input", input);
    values.assertClose("block.1.mlp.hidden", gate.mul(Transforms.sigmoid(gate)).mul(values.linear(block + ".mlp.up_proj", input)));
    values.assertClose("block.1.mlp", values.linear(block + ".mlp.down_proj", values.of("block.1.mlp.hidden")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt_neox", "neox-sequential", "neox-tied"})
  void should_publish_what_goes_into_the_linear_layers_of_gpt_neox(String name) {
    Values values = new Values(GoldenFamilies.load(name), GoldenFamilies.batch(name));
    String block = "gpt_neox.layers.1";

    values.assertClose("block.1.attention.input", layerNorm(values.of("block.0.output"), values.weight(block + ".input_layernorm.weight"),
        values.weight(block + ".input_layernorm.bias")));
    values.assertClose("block.1.attention", values.linear(block + ".attention.dense", values.of("block.1.attention.mixed")));
    values.assertClose("block.1.mlp.input", layerNorm(values.of("block.1.residual"),
        values.weight(block + ".post_attention_layernorm.weight"), values.weight(block + ".post_attention_layernorm.bias")));
    values.assertClose("block.1.mlp", values.linear(block + ".mlp.dense_4h_to_h", values.of("block.1.mlp.hidden")));
  }

  @Test
  void should_publish_hidden_units_of_a_models_own_mlps_only() {
    LanguageModel model = GoldenFamilies.load("llama");

    LanguageModel mixed = model.withFeedForwards(
        List.of(model.feedForward(0), new Wrapped(model.feedForward(1)), model.feedForward(2), model.feedForward(3)));

    assertThat(mixed.activationNames()).contains("block.0.mlp.hidden", "block.1.mlp.input", "block.2.mlp.hidden")
        .doesNotContain("block.1.mlp.hidden");
    assertThatThrownBy(() -> mixed.outputs(GoldenFamilies.batch("llama"), List.of("block.1.mlp.hidden")))
        .hasMessageContaining("no layer \"block.1.mlp.hidden\"");
  }

  /** The values and weights of one model, DOUBLE, with one row a token. */
  private record Values(LanguageModel model, TokenBatch batch) {

    INDArray of(String name) {
      INDArray value = model.outputs(batch, List.of(name)).get(name);
      return value.reshape(-1, value.size(2)).castTo(DataType.DOUBLE);
    }

    INDArray weight(String name) {
      return model.parameters().get(name).castTo(DataType.DOUBLE);
    }

    INDArray linear(String name, INDArray x) {
      INDArray product = x.mmul(weight(name + ".weight").transpose());
      return model.parameters().containsKey(name + ".bias") ? product.addiRowVector(weight(name + ".bias")) : product;
    }

    int length() {
      return batch.length();
    }

    int heads() {
      return model.configuration().heads();
    }

    void assertClose(String name, INDArray expected) {
      assertThatArray(of(name)).as(name).isRelativelyCloseTo(expected, FLOAT);
    }
  }

  private record Wrapped(FeedForward mlp) implements FeedForward {

    @Override
    public SDVariable build(BlockGraph graph, SDVariable input) {
      return mlp.build(graph, input);
    }

    @Override
    public Map<String, INDArray> parameters() {
      return mlp.parameters();
    }
  }

  private static INDArray byRow(INDArray x, UnaryOperator<double[]> formula) {
    double[][] rows = x.toDoubleMatrix();
    for (int i = 0; i < rows.length; i++) {
      rows[i] = formula.apply(rows[i]);
    }
    return Nd4j.createFromArray(rows);
  }

  private static INDArray layerNorm(INDArray x, INDArray gain, INDArray bias) {
    INDArray centred = x.subColumnVector(x.mean(true, 1));
    return rmsNorm(centred, gain, 1e-5).addiRowVector(bias);
  }

  private static INDArray rmsNorm(INDArray x, INDArray gain) {
    return rmsNorm(x, gain, 1e-6);
  }

  private static INDArray rmsNorm(INDArray x, INDArray gain, double epsilon) {
    return byRow(x, row -> {
      double square = 0;
      for (double value : row) {
        square += value * value / row.length;
      }
      double scale = 1 / Math.sqrt(square + epsilon);
      double[] scaled = row.clone();
      for (int i = 0; i < row.length; i++) {
        scaled[i] *= scale;
      }
      return scaled;
    }).muliRowVector(gain);
  }

  private static INDArray geluByTanh(INDArray x) {
    return byRow(x, row -> {
      double[] y = row.clone();
      for (int i = 0; i < y.length; i++) {
        y[i] = 0.5 * row[i] * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (row[i] + 0.044715 * Math.pow(row[i], 3))));
      }
      return y;
    });
  }

  /** Causal attention over rows of {@code [query, key, value]}, sequence by sequence, position by position. */
  private static INDArray plainAttention(INDArray qkv, int length, int heads) {
    double[][] rows = qkv.toDoubleMatrix();
    int width = rows[0].length / 3;
    int headWidth = width / heads;
    double[][] mixed = new double[rows.length][width];
    for (int row = 0; row < rows.length; row++) {
      int first = row - row % length;
      for (int head = 0; head < width; head += headWidth) {
        double[] weights = new double[row - first + 1];
        double sum = 0;
        for (int seen = first; seen <= row; seen++) {
          double score = 0;
          for (int i = head; i < head + headWidth; i++) {
            score += rows[row][i] * rows[seen][width + i];
          }
          weights[seen - first] = Math.exp(score / Math.sqrt(headWidth));
          sum += weights[seen - first];
        }
        for (int seen = first; seen <= row; seen++) {
          for (int i = head; i < head + headWidth; i++) {
            mixed[row][i] += weights[seen - first] / sum * rows[seen][2 * width + i];
          }
        }
      }
    }
    return Nd4j.createFromArray(mixed);
  }
}
