package io.modelweave.merge;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProvenanceTest {

  @ParameterizedTest
  @CsvSource({
      "/home/someone/models/math/model.safetensors, math",
      "/home/someone/models/math.safetensors, math.safetensors",
      "models/math, math",
      "math.safetensors, math.safetensors",
      "C:\\models\\math\\model.safetensors, math",
      "memory, memory",
      "interpolation of /data/a/model.safetensors and /data/b.safetensors, interpolation of a and b.safetensors"
  })
  void should_name_models_without_the_folders_of_a_machine(String source, String name) {
    assertThat(Provenance.named(source)).isEqualTo(name);
  }
}
