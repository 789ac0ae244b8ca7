package io.modelweave.merge.alignment;

import static java.util.Objects.requireNonNull;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.checkpoint.TensorInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * Which units of a model may change places without changing what it computes, and which axes of which tensors move with them.
 *
 * <p>It is read off a DL4J network or a language model, or written by hand:
 *
 * <pre>{@code
 * PermutationSpec spec = PermutationSpec.of(PermutationGroup.of("hidden", 64,
 *     PermutedAxis.of("0_W", 1), PermutedAxis.of("0_b", 0), PermutedAxis.of("1_W", 0)));
 * }</pre>
 *
 * <p>Source: Ainsworth, Hayase and Srinivasa, "Git Re-Basin: Merging Models modulo Permutation Symmetries", 2022, arXiv 2209.04836,
 * section 3.
 *
 * @param groups in the order in which the model computes them
 * @param held layers whose units stay in place because it is not known how they could move, each with the reason; empty if all is known
 */
public record PermutationSpec(List<PermutationGroup> groups, List<String> held) {

  /**
   * Checks that no name and no axis is there twice.
   *
   * @throws IllegalArgumentException if there is no group, or naming what is there twice
   */
  public PermutationSpec {
    groups = List.copyOf(groups);
    held = List.copyOf(held);
    if (groups.isEmpty()) {
      throw new IllegalArgumentException("no group of units: nothing could be permuted, and held in place are the layers " + held);
    }
    Map<String, String> ownerOf = new HashMap<>();
    for (PermutationGroup group : groups) {
      if (ownerOf.put(group.name(), group.name()) != null) {
        throw new IllegalArgumentException("two groups are named \"%s\"".formatted(group.name()));
      }
      for (PermutedAxis axis : group.axes()) {
        String owner = ownerOf.put("%s/axis %d".formatted(axis.tensor(), axis.axis()), group.name());
        if (owner != null) {
          throw new IllegalArgumentException("axis %d of \"%s\" is in the groups \"%s\" and \"%s\""
              .formatted(axis.axis(), axis.tensor(), owner, group.name()));
        }
      }
    }
  }

  /** Returns a specification of groups written by hand. */
  public static PermutationSpec of(PermutationGroup... groups) {
    return new PermutationSpec(List.of(groups), List.of());
  }

  /**
   * Returns the groups of a network: the hidden units of its dense layers and the channels of its convolutions, with the batch
   * normalisations that scale them; tensor names as in {@link io.modelweave.core.dl4j.NetworkWeights}.
   *
   * @throws IllegalArgumentException if no units may move
   */
  public static PermutationSpec of(MultiLayerNetwork network) {
    return new GraphUnits(network.toComputationGraph()).spec();
  }

  /**
   * Returns the groups of a graph: the hidden units of its dense layers and the channels of its convolutions. Layers that are added to
   * each other share one group, as a residual stream does. Dense, embedding, convolution (1D, 2D), batch normalisation, activation,
   * pooling, padding, dropout and output layers are known, and element-wise, scale, shift and preprocessor vertices; what flows into or out
   * of anything else is {@link #held}.
   *
   * @throws IllegalArgumentException if no units may move
   */
  public static PermutationSpec of(ComputationGraph graph) {
    return new GraphUnits(graph).spec();
  }

  /**
   * Returns one group for the hidden units of each block's MLP, {@code "block.<l>.mlp"}. Their activations are
   * {@code block.<l>.mlp.hidden}.
   */
  public static PermutationSpec hiddenUnits(LanguageModel model) {
    return new PermutationSpec(TransformerUnits.of(model.configuration()).hiddenUnits(), List.of());
  }

  /**
   * Returns one group for the attention heads of each block, {@code "block.<l>.heads"}: those of the queries. Where several share a key
   * and value head, they stay {@link PermutationGroup#together together} and the shared head moves with them. Features inside a head stay.
   */
  public static PermutationSpec attentionHeads(LanguageModel model) {
    return new PermutationSpec(TransformerUnits.of(model.configuration()).heads(), List.of());
  }

  /**
   * Returns hidden units and heads of every block and, as {@code "residual"}, the {@code d} channels of the residual stream. The channels
   * interact with everything else; align them only for models that were not trained from a common start.
   */
  public static PermutationSpec all(LanguageModel model) {
    TransformerUnits units = TransformerUnits.of(model.configuration());
    List<PermutationGroup> groups = new ArrayList<>(List.of(units.residualStream()));
    groups.addAll(units.heads());
    groups.addAll(units.hiddenUnits());
    return new PermutationSpec(groups, List.of());
  }

  /**
   * Returns the group of that name.
   *
   * @throws IllegalArgumentException naming the groups there are
   */
  public PermutationGroup group(String name) {
    return groups.stream().filter(group -> group.name().equals(name)).findFirst().orElseThrow(() -> new IllegalArgumentException(
        "no group \"%s\"; there are %s".formatted(name, groups.stream().map(PermutationGroup::name).toList())));
  }

  /** Returns the permutation of every group that changes nothing. */
  public Map<String, Permutation> identity() {
    Map<String, Permutation> identity = new LinkedHashMap<>();
    groups.forEach(group -> identity.put(group.name(), Permutation.identity(group.units())));
    return identity;
  }

  /**
   * Returns normally if a checkpoint has every tensor that is named here, and each axis has the length that its units need.
   *
   * @throws ModelMismatchException listing every tensor and axis that does not fit
   */
  public void requireFit(Checkpoint checkpoint) {
    requireNonNull(checkpoint, "checkpoint");
    List<String> problems = new ArrayList<>();
    for (PermutationGroup group : groups) {
      for (PermutedAxis axis : group.axes()) {
        if (!checkpoint.contains(axis.tensor())) {
          problems.add("\"%s\" of group \"%s\" is missing".formatted(axis.tensor(), group.name()));
          continue;
        }
        TensorInfo info = checkpoint.info(axis.tensor());
        if (axis.axis() >= info.shape().size() || info.shape().get(axis.axis()) != axis.length(group.units())) {
          problems.add("\"%s\" is %s; axis %d should have %d positions for the %d units of group \"%s\""
              .formatted(axis.tensor(), info.describe(), axis.axis(), axis.length(group.units()), group.units(), group.name()));
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new ModelMismatchException("%s does not have the axes that are to be permuted".formatted(checkpoint.source()), problems);
    }
  }

  /**
   * Returns normally if there is a permutation of the right size for each group and no other.
   *
   * @throws IllegalArgumentException naming the first that is missing, superfluous, of another size or parts units that stay together
   */
  void requirePermutations(Map<String, Permutation> permutations) {
    for (PermutationGroup group : groups) {
      Permutation permutation = permutations.get(group.name());
      if (permutation == null || permutation.size() != group.units()) {
        throw new IllegalArgumentException("group \"%s\" of %d units has %s".formatted(group.name(), group.units(),
            permutation == null ? "no permutation" : "a permutation of %d".formatted(permutation.size())));
      }
      group.requireTogether(permutation);
    }
    for (String name : permutations.keySet()) {
      group(name);
    }
  }
}
