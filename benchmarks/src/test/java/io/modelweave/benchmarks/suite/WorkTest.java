package io.modelweave.benchmarks.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** A floor that were too high would make a slow case look good. */
class WorkTest {

  /** 100 and 190 Gflop/s, 40 GB/s in memory, 4 GB/s of new memory, 2 GB/s hashed, 1 GB/s from file to file. */
  static final MachineRates RATES = new MachineRates(100e9, 190e9, 40e9, 4e9, 2e9, 1e9);
  private static final double CLOSE = 1e-9;

  @Test
  void should_take_flops_by_the_rate_of_matrix_products() {
    assertThat(Work.flops(50e9).floorMilliseconds(RATES).orElseThrow()).isCloseTo(500, within(CLOSE));
    assertThat(Work.flops(38e9).on(2).floorMilliseconds(RATES).orElseThrow()).isCloseTo(200, within(CLOSE));
  }

  @Test
  void should_take_the_slowest_of_all_parts() {
    Work copy = Work.memory(80e9);

    assertThat(copy.floorMilliseconds(RATES).orElseThrow()).isCloseTo(2000, within(CLOSE));
    assertThat(copy.into(12e9).floorMilliseconds(RATES).orElseThrow()).isCloseTo(3000, within(CLOSE));
    assertThat(copy.into(12e9).hashing(8e9).floorMilliseconds(RATES).orElseThrow()).isCloseTo(4000, within(CLOSE));
    assertThat(copy.into(1).hashing(1).floorMilliseconds(RATES).orElseThrow()).isCloseTo(2000, within(CLOSE));
    assertThat(Work.file(3e9).floorMilliseconds(RATES).orElseThrow()).isCloseTo(3000, within(CLOSE));
  }

  @Test
  void should_have_no_floor_where_nothing_is_known() {
    assertThat(Work.UNKNOWN.floorMilliseconds(RATES)).isEmpty();
  }
}
