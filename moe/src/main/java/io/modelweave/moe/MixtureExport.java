package io.modelweave.moe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelweave.core.AtomicFile;
import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.checkpoint.CheckpointWriter;
import io.modelweave.core.transformer.GatedMlp;
import io.modelweave.core.transformer.LlamaConfiguration;
import io.modelweave.core.transformer.LlamaConfiguration.Family;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Writes window-1 mixtures of gated MLPs as Mixtral (Llama, Mistral) or Qwen2-MoE (Qwen2). */
final class MixtureExport {

  /** Qwen2-MoE has a shared expert that every token passes; this many hidden units with weights 0 add 0. */
  private static final int SHARED_UNITS = 16;

  private final RoutedModel routed;
  private final LlamaConfiguration host;
  private final MixtureLayout layout;
  private final boolean qwen;
  private final Map<String, INDArray> tensors = new LinkedHashMap<>();

  private MixtureExport(RoutedModel routed, LlamaConfiguration host, MixtureLayout layout) {
    this.routed = routed;
    this.host = host;
    this.layout = layout;
    this.qwen = host.family() == Family.QWEN2;
  }

  static void write(RoutedModel routed, Path directory, MixtureLayout layout) {
    List<String> problems = problems(routed);
    if (!problems.isEmpty() || !(routed.models().get(0).configuration() instanceof LlamaConfiguration host)) {
      throw new ModelMismatchException("this routed model cannot be exported as Mixtral or Qwen2-MoE", problems);
    }
    MixtureExport export = new MixtureExport(routed, host, layout);
    export.collect();
    try (Checkpoint checkpoint = Checkpoint.of(export.tensors)) {
      CheckpointWriter.to(directory).metadata(Map.of("format", "pt")).write(checkpoint);
    }
    AtomicFile.write(directory.resolve("config.json"), export.configuration().getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> problems(RoutedModel routed) {
    List<String> problems = new ArrayList<>();
    if (!(routed.models().get(0).configuration() instanceof LlamaConfiguration host)) {
      return List.of("the host is a %s; only Llama, Mistral and Qwen2 have such a layout"
          .formatted(routed.models().get(0).configuration().getClass().getSimpleName().replace("Configuration", "")));
    }
    RouterOptions options = routed.options();
    require(problems, !host.attentionBias(), "the host's attention has biases");
    require(problems, options.hiddenUnits() == 0, "the routers have a hidden layer");
    require(problems, !options.shared(), "all blocks share one router");
    require(problems, options.balanceRate() == 0, "the choice is balanced by biases");
    Set<Integer> counts = new TreeSet<>();
    for (RoutedFeedForward block : routed.blocks()) {
      counts.add(block.experts().size());
      for (Expert expert : block.experts()) {
        String name = "block %d: expert \"%s\" ".formatted(block.layer(), expert.mlp().name());
        require(problems, expert.layer() == block.layer(), name + "comes from another layer; the window must be 1");
        require(problems, expert.mlp() instanceof GatedMlp gated && gated.gate().bias() == null && gated.up().bias() == null
            && gated.down().bias() == null && gated.gate().weight().size(0) == host.innerWidth(),
            name + "is not a gated MLP without biases of %d hidden units".formatted(host.innerWidth()));
      }
      require(problems, host.family() == Family.QWEN2 || options.sumsToOne() || block.topK() == block.experts().size(),
          "block %d: Mixtral renormalises the kept probabilities, these routers do not".formatted(block.layer()));
    }
    require(problems, counts.size() == 1, "blocks have %s experts; one number is needed".formatted(counts));
    return problems;
  }

  private static void require(List<String> problems, boolean condition, String problem) {
    if (!condition) {
      problems.add(problem);
    }
  }

  private void collect() {
    Set<String> experts = routed.expertNames();
    Set<String> routers = routed.routerParameters().keySet();
    routed.languageModel().parameters().forEach((name, array) -> {
      if (!experts.contains(name) && !routers.contains(name)) {
        tensors.put(name, array);
      }
    });
    for (RoutedFeedForward block : routed.blocks()) {
      String prefix = "model.layers.%d.%s".formatted(block.layer(), qwen || layout == MixtureLayout.CURRENT ? "mlp" : "block_sparse_moe");
      tensors.put(prefix + ".gate.weight", block.router().weight().div(routed.options().temperature()));
      List<GatedMlp> mlps = block.experts().stream().map(expert -> (GatedMlp) expert.mlp()).toList();
      if (layout == MixtureLayout.CURRENT) {
        INDArray[] raised = mlps.stream().map(mlp -> Nd4j.concat(0, mlp.gate().weight(), mlp.up().weight())).toArray(INDArray[]::new);
        INDArray[] lowered = mlps.stream().map(mlp -> mlp.down().weight()).toArray(INDArray[]::new);
        tensors.put(prefix + ".experts.gate_up_proj", Nd4j.stack(0, raised));
        tensors.put(prefix + ".experts.down_proj", Nd4j.stack(0, lowered));
      } else {
        for (int e = 0; e < mlps.size(); e++) {
          String expert = "%s.experts.%d.".formatted(prefix, e);
          tensors.put(expert + (qwen ? "gate_proj" : "w1") + ".weight", mlps.get(e).gate().weight());
          tensors.put(expert + (qwen ? "down_proj" : "w2") + ".weight", mlps.get(e).down().weight());
          tensors.put(expert + (qwen ? "up_proj" : "w3") + ".weight", mlps.get(e).up().weight());
        }
      }
      if (qwen) {
        int width = host.width();
        tensors.put(prefix + ".shared_expert.gate_proj.weight", Nd4j.zeros(DataType.FLOAT, SHARED_UNITS, width));
        tensors.put(prefix + ".shared_expert.up_proj.weight", Nd4j.zeros(DataType.FLOAT, SHARED_UNITS, width));
        tensors.put(prefix + ".shared_expert.down_proj.weight", Nd4j.zeros(DataType.FLOAT, width, SHARED_UNITS));
        tensors.put(prefix + ".shared_expert_gate.weight", Nd4j.zeros(DataType.FLOAT, 1, width));
      }
    }
  }

  private String configuration() {
    ObjectNode json;
    try {
      json = (ObjectNode) new ObjectMapper().readTree(host.toJson());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a configuration wrote JSON that cannot be read", e);
    }
    json.putArray("architectures").add(qwen ? "Qwen2MoeForCausalLM" : "MixtralForCausalLM");
    int experts = routed.blocks().get(0).experts().size();
    json.put("model_type", qwen ? "qwen2_moe" : "mixtral").put(qwen ? "num_experts" : "num_local_experts", experts)
        .put("num_experts_per_tok", routed.blocks().get(0).topK());
    json.remove(List.of("attention_bias", "mlp_bias"));
    if (qwen) {
      json.put("moe_intermediate_size", host.innerWidth()).put("shared_expert_intermediate_size", SHARED_UNITS)
          .put("decoder_sparse_step", 1).put("norm_topk_prob", routed.options().sumsToOne()).putArray("mlp_only_layers");
    } else if (!json.has("sliding_window")) {
      json.putNull("sliding_window");
    }
    return json.toPrettyString() + "\n";
  }
}
