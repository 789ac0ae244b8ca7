package io.modelweave.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {

  @TempDir Path folder;

  @Test
  void should_replace_a_file_and_leave_nothing_beside_it() throws IOException {
    Path file = Files.writeString(folder.resolve("a.txt"), "old");

    AtomicFile.write(file, "new".getBytes());

    assertThat(file).hasContent("new");
    assertThat(folder).isDirectoryContaining(path -> path.equals(file));
    assertThat(folder.toFile().list()).hasSize(1);
  }

  @Test
  void should_keep_what_was_there_if_writing_fails_half_way() throws IOException {
    Path file = Files.writeString(folder.resolve("a.txt"), "old");

    assertThatThrownBy(() -> AtomicFile.write(file, true, channel -> {
      AtomicFile.writeFully(channel, ByteBuffer.wrap("ne".getBytes()));
      throw new IOException("disk full");
    })).isInstanceOf(UncheckedIOException.class).hasMessageContaining("a.txt").hasMessageContaining("disk full");

    assertThat(file).hasContent("old");
    assertThat(folder.toFile().list()).hasSize(1);
  }

  @Test
  void should_not_replace_unless_told() throws IOException {
    Path file = Files.writeString(folder.resolve("a.txt"), "old");

    assertThatThrownBy(() -> AtomicFile.write(file, false, channel -> {})).isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("a.txt").hasMessageContaining("already");

    assertThat(file).hasContent("old");
  }

  @Test
  void should_name_a_folder_that_does_not_exist() {
    assertThatThrownBy(() -> AtomicFile.write(folder.resolve("gone/a.txt"), new byte[1])).isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("gone").hasMessageContaining("folder must exist");
  }
}
