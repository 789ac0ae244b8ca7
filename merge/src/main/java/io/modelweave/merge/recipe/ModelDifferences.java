package io.modelweave.merge.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;

/** What makes a merge of models doubtful although their tensors fit. */
record ModelDifferences(InputModel leading) {

  private static final List<String> VOCABULARIES = List.of("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt");

  /** Returns a sentence for each model of another architecture or another vocabulary than the leading one. */
  List<String> notes(Collection<InputModel> models) {
    List<String> notes = new ArrayList<>();
    for (InputModel model : models) {
      if (model.configuration() == null || leading.configuration() == null) {
        continue;
      }
      JsonNode type = modelType(model);
      if (!type.equals(modelType(leading))) {
        notes.add("%s is a %s, and %s a %s; only the shapes of their tensors are compared"
            .formatted(leading.name(), modelType(leading).asText("model"), model.name(), type.asText("model")));
      }
      VOCABULARIES.stream().filter(file -> differs(leading.path().resolve(file), model.path().resolve(file))).findFirst()
          .ifPresent(file -> notes.add("%s and %s have different %s; tokens are matched by number, and the tokenizer of %s is copied"
              .formatted(leading.name(), model.name(), file, leading.name())));
    }
    return notes;
  }

  private static JsonNode modelType(InputModel model) {
    return model.configuration() == null ? MissingNode.getInstance() : Objects.requireNonNull(model.configuration()).path("model_type");
  }

  private static boolean differs(Path a, Path b) {
    try {
      return Files.exists(a) && Files.exists(b) && Files.mismatch(a, b) >= 0;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot compare %s and %s".formatted(a, b), e);
    }
  }
}
