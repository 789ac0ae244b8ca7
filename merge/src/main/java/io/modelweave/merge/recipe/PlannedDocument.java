package io.modelweave.merge.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelweave.merge.MergePlan;
import io.modelweave.merge.engine.TensorJob;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One recipe with its models.
 *
 * @param merge what the engine does
 * @param jobs one for each tensor of the output
 * @param ownProblems what stands in the way beside the problems of the engine
 * @param notes what is worth knowing
 * @param configuration {@code config.json} of the output; null for none
 * @param leading directory or file of the model whose tokenizer is copied
 */
record PlannedDocument(MergePlan merge, List<TensorJob> jobs, List<String> ownProblems, List<String> notes,
    @Nullable ObjectNode configuration, Path leading) {

  PlannedDocument {
    jobs = List.copyOf(jobs);
    ownProblems = List.copyOf(ownProblems);
  }

  List<String> problems() {
    return Stream.concat(ownProblems.stream(), merge.problems().stream()).toList();
  }
}
