package io.modelweave.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.Iterables;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WindowSamplerTest {

  private final WindowSampler sampler = WindowSampler.of(TokenStream.of(IntStream.range(0, 20).toArray(), 1000));

  @Test
  void should_cut_windows_out_of_the_stream() {
    Iterable<TokenBatch> batches = sampler.batches(3, 5, 40, 1);

    assertThat(batches).hasSize(40).allSatisfy(batch -> {
      assertThat(batch.batch()).isEqualTo(3);
      assertThat(batch.length()).isEqualTo(5);
      for (int row = 0; row < 3; row++) {
        int start = batch.ids()[row][0];
        assertThat(batch.ids()[row]).containsExactly(IntStream.range(start, start + 5).toArray());
        assertThat(batch.sampleIds().get(row)).isEqualTo("@" + start);
      }
    });
    assertThat(batches).anySatisfy(batch -> assertThat(batch.sampleIds()).contains("@15"));
    assertThat(batches).anySatisfy(batch -> assertThat(batch.sampleIds()).contains("@0"));
  }

  @Test
  void should_be_deterministic_and_repeatable() {
    Iterable<TokenBatch> counted = sampler.batches(2, 5, 10, 3);

    assertThat(counted).containsExactlyElementsOf(List.copyOf(com.google.common.collect.Lists.newArrayList(counted)));
    assertThat(Iterables.limit(sampler.batches(2, 5, 3), 10)).containsExactlyElementsOf(counted);
    assertThat(sampler.batches(2, 5, 10, 4)).isNotEqualTo(counted).doesNotContainSequence(counted);
  }

  @Test
  void should_predict_every_token_once_in_order() {
    List<TokenBatch> batches = sampler.inOrder(2, 7);

    assertThat(batches).hasSize(2);
    assertThat(batches.get(0).ids()).isDeepEqualTo(new int[][] {{0, 1, 2, 3, 4, 5, 6}, {6, 7, 8, 9, 10, 11, 12}});
    assertThat(batches.get(1).sampleIds()).containsExactly("@12");
  }

  @Test
  void should_say_both_lengths_when_the_stream_is_too_short() {
    assertThat(sampler.batches(1, 20, 1, 0)).first().extracting(TokenBatch::length).isEqualTo(20);
    assertThatIllegalArgumentException().isThrownBy(() -> sampler.batches(1, 21, 1, 0)).withMessageContaining("20 tokens").withMessageContaining("needs 21");
    assertThatIllegalArgumentException().isThrownBy(() -> sampler.batches(0, 5, 1, 0)).withMessageContaining("batch size is 0");
    assertThatIllegalArgumentException().isThrownBy(() -> sampler.batches(1, 1, 1, 0)).withMessageContaining("at least 2");
  }
}
