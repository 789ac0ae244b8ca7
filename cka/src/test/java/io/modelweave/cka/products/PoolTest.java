package io.modelweave.cka.products;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Memory that goes to another core has to travel there; memory beyond the limit has to be freed. */
class PoolTest {

  private final List<String> released = new ArrayList<>();
  private final Pool<String> pool = new Pool<>(10, String::length, released::add);

  @Test
  void should_hand_out_what_the_thread_gave_back_last() throws InterruptedException {
    pool.give("mine, 1");
    inAnotherThread(() -> pool.give("2nd"));

    assertThat(pool.take(text -> true)).isEqualTo("mine, 1");
    assertThat(pool.take(text -> true)).as("better that of another thread than new memory").isEqualTo("2nd");
    assertThat(pool.take(text -> true)).isNull();
    assertThat(released).isEmpty();
  }

  @Test
  void should_hand_out_what_fits() {
    pool.give("long");
    pool.give("short");

    assertThat(pool.take(text -> text.length() == 4)).isEqualTo("long");
    assertThat(pool.take(text -> text.length() == 4)).isNull();
  }

  @Test
  void should_release_the_oldest_beyond_its_limit() {
    pool.give("1234");
    pool.give("2345");
    pool.give("3456");

    assertThat(released).containsExactly("1234");
    assertThat(pool.take(text -> true)).isEqualTo("3456");
    assertThat(pool.take(text -> true)).isEqualTo("2345");
  }

  private static void inAnotherThread(Runnable work) throws InterruptedException {
    Thread thread = new Thread(work);
    thread.start();
    thread.join();
  }
}
