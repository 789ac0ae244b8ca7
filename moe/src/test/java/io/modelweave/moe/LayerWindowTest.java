package io.modelweave.moe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LayerWindowTest {

  @Test
  void should_go_up_then_down_as_the_paper_does() {
    LayerWindow window = LayerWindow.upThenDown(4);

    assertThat(window.of(0, 12)).containsExactly(0, 1, 2, 3);
    assertThat(window.of(9, 12)).containsExactly(9, 10, 11, 8);
    assertThat(window.of(10, 12)).containsExactly(10, 11, 9, 8);
    assertThat(window.of(11, 12)).containsExactly(11, 10, 9, 8);
  }

  @Test
  void should_go_down_then_up() {
    assertThat(LayerWindow.downFirst(4).of(11, 12)).containsExactly(11, 10, 9, 8);
    assertThat(LayerWindow.downFirst(4).of(1, 12)).containsExactly(1, 0, 2, 3);
  }

  @Test
  void should_stay_as_near_as_possible() {
    assertThat(LayerWindow.symmetric(3).of(5, 12)).containsExactly(5, 6, 4);
    assertThat(LayerWindow.symmetric(4).of(11, 12)).containsExactly(11, 10, 9, 8);
    assertThat(LayerWindow.symmetric(4).of(0, 12)).containsExactly(0, 1, 2, 3);
  }

  @Test
  void should_hold_every_layer_once() {
    for (int layer = 0; layer < 7; layer++) {
      for (LayerWindow window : List.of(LayerWindow.all(), LayerWindow.upThenDown(7), LayerWindow.downFirst(7), LayerWindow.symmetric(7))) {
        assertThat(window.of(layer, 7)).startsWith(layer).containsExactlyInAnyOrderElementsOf(IntStream.range(0, 7).boxed().toList());
      }
    }
  }

  @Test
  void should_hold_compatible_layers_the_most_similar_first() {
    double[][] cka = {{1, 0.9, 0.3}, {0.8, 1, 0.95}, {0.1, 0.2, 0.05}};

    assertThat(LayerWindow.compatible(cka, 0.8).of(0, 3)).containsExactly(0, 1);
    assertThat(LayerWindow.compatible(cka, 0.8).of(1, 3)).containsExactly(1, 2, 0);
    assertThat(LayerWindow.compatible(cka, 0.8).of(2, 3)).as("its own layer, whatever the similarity").containsExactly(2);
  }

  @Test
  void should_hold_what_is_named() {
    assertThat(LayerWindow.explicit(Map.of(0, List.of(2, 0))).of(0, 3)).containsExactly(2, 0);
  }

  @Test
  void should_refuse_windows_that_do_not_fit() {
    assertThatThrownBy(() -> LayerWindow.upThenDown(0)).hasMessageContaining("0 layers");
    assertThatThrownBy(() -> LayerWindow.symmetric(4).of(0, 3)).hasMessageContaining("4 layers is larger than the model of 3");
    assertThatThrownBy(() -> LayerWindow.downFirst(4).of(0, 3)).hasMessageContaining("4 layers is larger than the model of 3");
    assertThatThrownBy(() -> LayerWindow.explicit(Map.of()).of(1, 3)).hasMessageContaining("block 1");
    assertThatThrownBy(() -> LayerWindow.compatible(new double[][] {{1, Double.NaN}, {0, 1}}, 0.5)).hasMessageContaining("row 0");
    assertThatThrownBy(() -> LayerWindow.compatible(new double[][] {{1, 0.5}}, 0.5)).hasMessageContaining("row 0");
    assertThatThrownBy(() -> LayerWindow.compatible(new double[][] {{1}}, 0.5).of(0, 3))
        .hasMessageContaining("of 1 layers, the model has 3");
  }
}
