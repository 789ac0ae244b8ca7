package io.modelweave.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.modelweave.core.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Damage of any kind is answered by typed exceptions, soon and without much memory. */
@Timeout(300)
class SafetensorsFuzzTest {

  private static final int ROUNDS = 10_000;

  /** Bytes that one attempt to open a file of about 300 bytes may allocate; Jackson and a stack trace take most of them. */
  private static final long MEMORY = 1 << 20;

  private static final String HEADER = "{\"__metadata__\":{\"format\":\"pt\",\"tied\":\"a\"},"
      + "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
      + "\"b\":{\"dtype\":\"BF16\",\"shape\":[2,2],\"data_offsets\":[8,16]},"
      + "\"none\":{\"dtype\":\"I64\",\"shape\":[0,3],\"data_offsets\":[16,16]}}";
  private static final int DATA = 16;
  private static final int STRETCH = 8;
  private static final String TOKENS = "{}[]\":,\\0123456789eE.-truefalsenull";

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final Random random = new Random(42);

  @TempDir Path folder;

  @BeforeEach
  void warmUp() throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(SafetensorsBytes.write(folder.resolve("model-1.safetensors"), HEADER, new byte[DATA]))) {
      assertThat(checkpoint.names()).containsExactly("a", "b", "none", "tied");
    }
  }

  @Test
  void should_answer_damaged_headers_with_nothing_but_its_own_exceptions() throws IOException {
    byte[] good = SafetensorsBytes.bytes(HEADER, new byte[DATA]);
    Path file = folder.resolve("fuzz.safetensors");
    int refused = 0;

    for (int round = 0; round < ROUNDS; round++) {
      replace(file, damaged(good, good.length - DATA));
      refused += opens(file) ? 0 : 1;
    }

    assertThat(refused).isBetween(ROUNDS * 8 / 10, ROUNDS - 1);
  }

  @Test
  void should_answer_a_damaged_index_with_nothing_but_its_own_exceptions() throws IOException {
    byte[] good = "{\"metadata\":{\"total_size\":16},\"weight_map\":{\"a\":\"model-1.safetensors\",\"b\":\"model-1.safetensors\"}}"
        .getBytes(StandardCharsets.UTF_8);
    Path file = folder.resolve("model.safetensors.index.json");
    int refused = 0;

    for (int round = 0; round < ROUNDS / 5; round++) {
      replace(file, damaged(good, good.length));
      refused += opens(file) ? 0 : 1;
    }

    assertThat(refused).isBetween(ROUNDS / 10, ROUNDS / 5 - 1);
  }

  /** Some file systems force a file to the disk that is truncated and written again, but not a new one. */
  private static void replace(Path file, byte[] bytes) throws IOException {
    Files.deleteIfExists(file);
    Files.write(file, bytes);
  }

  /** Flips bits, puts JSON where it does not belong, doubles or overwrites a stretch, or cuts the file. */
  private byte[] damaged(byte[] good, int header) {
    byte[] bytes = good.clone();
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      int at = random.nextInt(header);
      switch (random.nextInt(5)) {
        case 0, 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes[at] = (byte) TOKENS.charAt(random.nextInt(TOKENS.length()));
        case 3 -> bytes[at] = (byte) random.nextInt(256);
        default -> System.arraycopy(good, random.nextInt(header - STRETCH), bytes, at, Math.min(STRETCH, header - at));
      }
    }
    return random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
  }

  private boolean opens(Path file) {
    long before = threads.getCurrentThreadAllocatedBytes();
    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      checkpoint.names().forEach(checkpoint::raw);
      return true;
    } catch (CheckpointFormatException e) {
      assertThat(e).hasMessageContaining(e.path().toString());
      return false;
    } catch (UncheckedIOException e) {
      assertThat(e).as("an index that names other files").hasCauseInstanceOf(NoSuchFileException.class);
      return false;
    } finally {
      assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(MEMORY);
    }
  }
}
