package io.modelweave.merge.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.Checkpoint;
import io.modelweave.merge.engine.MergeOptions;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Recipes give the tensors that mergekit 0.1.4 wrote for them. */
class RecipeGoldenTest {

  /** mergekit computes in float32. */
  private static final float CLOSE = 1e-6f;

  @ParameterizedTest
  @ValueSource(strings = {"gradient-linear", "slerp-filters"})
  void should_give_the_tensors_of_mergekit(String name) throws IOException, URISyntaxException {
    Path folder = Path.of(Objects.requireNonNull(RecipeGoldenTest.class.getResource("/recipes")).toURI());
    Recipe recipe = Recipe.parse(Files.readString(folder.resolve(name + ".yml")).replace("{models}/", ""));

    try (RecipePlan plan = recipe.plan(ModelLocator.in(folder), MergeOptions.defaults());
        Checkpoint merged = plan.toCheckpoint();
        Checkpoint expected = Checkpoint.open(folder.resolve("expected").resolve(name + ".safetensors"))) {
      assertThat(plan.notes()).isEmpty();
      assertThat(merged.names()).containsExactlyInAnyOrderElementsOf(expected.names());
      for (String tensor : expected.names()) {
        assertThat(TinyModels.floats(merged, tensor)).as(tensor).containsExactly(TinyModels.floats(expected, tensor), within(CLOSE));
      }
    }
  }
}
