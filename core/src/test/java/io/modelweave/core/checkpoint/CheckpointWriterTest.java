package io.modelweave.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.modelweave.core.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class CheckpointWriterTest {

  /** 1200, 800, 0, 8, 3000 and 500 bytes. */
  private static final List<TensorInfo> TENSORS = List.of(info("a", ElementType.F32, 300L), info("b", ElementType.BF16, 4L, 100L),
      info("none", ElementType.F32, 0L), info("one", ElementType.F64),
      info("large", ElementType.U8, 3000L), info("last", ElementType.F8_E4M3, 500L));

  @TempDir Path folder;

  @Test
  void should_write_the_same_bytes_whatever_the_order_of_the_metadata() throws IOException {
    Map<String, String> forward = new LinkedHashMap<>();
    Map<String, String> backward = new LinkedHashMap<>();
    for (int i = 0; i < 9; i++) {
      forward.put("key" + i, "value");
      backward.put("key" + (8 - i), "value");
    }
    Map<String, INDArray> tensors = Map.of("w", Nd4j.createFromArray(1f));
    CheckpointWriter.to(folder.resolve("a.safetensors")).write(Checkpoint.of(tensors, forward));
    CheckpointWriter.to(folder.resolve("b.safetensors")).write(Checkpoint.of(tensors, backward));

    assertThat(folder.resolve("a.safetensors")).hasSameBinaryContentAs(folder.resolve("b.safetensors"));
  }

  @Test
  void should_write_a_directory_in_shards_with_an_index() throws IOException {
    Path model = folder.resolve("new/model");

    List<Path> files = writeAll(CheckpointWriter.to(model).shardBytes(2008).metadata(Map.of("format", "pt", "made.by", "test")));

    assertThat(files).extracting(file -> file.getFileName().toString()).containsExactly("model-00001-of-00003.safetensors",
        "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors", "model.safetensors.index.json");
    assertThat(names(model)).hasSize(4);
    JsonNode index = new JsonMapper().readTree(Files.readString(files.get(3)));
    assertThat(index.at("/metadata/total_size").longValue()).isEqualTo(1200 + 800 + 8 + 3000 + 500);
    assertThat(index.at("/weight_map/one").textValue()).isEqualTo("model-00001-of-00003.safetensors");
    assertThat(index.at("/weight_map/large").textValue()).as("a tensor beyond the limit has a file of its own")
        .isEqualTo("model-00002-of-00003.safetensors");
    for (Path file : files.subList(0, 3)) {
      try (Checkpoint shard = Checkpoint.open(file)) {
        assertThat(shard.metadata()).containsEntry("made.by", "test");
      }
    }
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      assertHasAll(checkpoint);
    }
  }

  @Test
  void should_write_one_file_where_one_is_enough() throws IOException {
    writeAll(CheckpointWriter.to(folder.resolve("model")).shardBytes(5508));
    writeAll(CheckpointWriter.to(folder.resolve("single.safetensors")));

    assertThat(names(folder.resolve("model"))).containsExactly("model.safetensors");
    assertThat(folder.resolve("single.safetensors")).hasSameBinaryContentAs(folder.resolve("model/model.safetensors"));
    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("model"))) {
      assertHasAll(checkpoint);
    }
  }

  @Test
  void should_write_the_same_bytes_in_any_order_from_any_thread() throws IOException {
    writeAll(CheckpointWriter.to(folder.resolve("a")).shardBytes(2500));
    record Piece(TensorInfo info, int offset, int count) {}
    List<Piece> pieces = new ArrayList<>();
    for (TensorInfo info : TENSORS) {
      for (int offset = 0; offset < info.byteLength(); offset += 37) {
        pieces.add(new Piece(info, offset, (int) Math.min(37, info.byteLength() - offset)));
      }
    }
    Collections.shuffle(pieces, new Random(3));

    try (CheckpointOutput out = CheckpointWriter.to(folder.resolve("b")).shardBytes(2500).open(TENSORS)) {
      pieces.parallelStream().forEach(piece -> out.write(piece.info().name(), piece.offset(),
          bytes(piece.info()).slice(piece.offset(), piece.count())));
      out.finish();
    }

    assertThat(names(folder.resolve("b"))).isEqualTo(names(folder.resolve("a"))).hasSize(4);
    for (String name : names(folder.resolve("a"))) {
      assertThat(folder.resolve("b").resolve(name)).hasSameBinaryContentAs(folder.resolve("a").resolve(name));
    }
  }

  @Test
  void should_not_finish_before_every_byte_is_there() throws IOException {
    try (CheckpointOutput out = CheckpointWriter.to(folder.resolve("model")).open(TENSORS)) {
      TENSORS.stream().filter(info -> !info.name().equals("b")).forEach(info -> out.write(info.name(), 0, bytes(info)));
      out.write("b", 0, bytes(TENSORS.get(1)).limit(100));
      out.write("b", 500, ByteBuffer.allocate(300));

      assertThatThrownBy(out::finish).isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("1 of 6 tensors of").hasMessageContaining("\"b\" (BF16 [4, 100]): 100 to 500 of 800 bytes");
      assertThat(names(folder.resolve("model"))).as("nothing is visible").allMatch(name -> name.startsWith("."));
      out.write("b", 100, ByteBuffer.allocate(400));
      out.finish();
      assertThatThrownBy(() -> out.write("b", 0, ByteBuffer.allocate(1)))
          .isInstanceOf(IllegalStateException.class).hasMessageContaining("finished");
    }
    assertThat(names(folder.resolve("model"))).containsExactly("model.safetensors");
  }

  @Test
  void should_refuse_what_does_not_fit() {
    try (CheckpointOutput out = CheckpointWriter.to(folder.resolve("model")).open(TENSORS)) {
      out.write("a", 100, ByteBuffer.allocate(100));

      assertThatThrownBy(() -> out.write("a", 199, ByteBuffer.allocate(5))).isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("bytes 199 to 204 of tensor \"a\" were written before");
      assertThatThrownBy(() -> out.write("a", 1199, ByteBuffer.allocate(2))).isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessageContaining("2 bytes at byte 1199 of tensor \"a\", which is F32 [300] and has 1200 bytes");
      assertThatThrownBy(() -> out.write("a", -1, ByteBuffer.allocate(2))).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> out.write("aa", 0, ByteBuffer.allocate(2)))
          .isInstanceOf(MissingTensorException.class).hasMessageContaining("\"a\"");
      Checkpoint other = Checkpoint.of(Map.of("a", Nd4j.createFromArray(1f)));
      assertThatIllegalArgumentException().isThrownBy(() -> out.copy("a", other, "a"))
          .withMessageContaining("tensor \"a\" is F32 [300], but \"a\" of memory is F32 [1]");
    }
  }

  @Test
  void should_leave_nothing_behind_without_finish() throws IOException {
    try (CheckpointOutput out = CheckpointWriter.to(folder.resolve("deep/er")).shardBytes(2000).open(TENSORS)) {
      out.write("a", 0, ByteBuffer.allocate(100));
    }
    Checkpoint closed = Checkpoint.of(Map.of("w", Nd4j.createFromArray(1f, 2f)));
    closed.close();
    assertThatThrownBy(() -> closed.write(folder.resolve("model")))
        .isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");

    assertThat(names(folder)).isEmpty();
  }

  @Test
  void should_not_finish_after_a_write_that_failed() throws IOException {
    try (CheckpointOutput out = CheckpointWriter.to(folder.resolve("model")).open(TENSORS)) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> out.write("a", 0, ByteBuffer.allocate(1200))).isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("cannot write tensor \"a\"").hasMessageContaining("ClosedByInterruptException");
      assertThat(Thread.interrupted()).isTrue();
      assertThatThrownBy(out::finish).isInstanceOf(IllegalStateException.class).hasMessageContaining("broken: an earlier write failed");
    }

    assertThat(names(folder)).isEmpty();
  }

  @Test
  void should_name_everything_that_cannot_be_written() throws IOException {
    CheckpointWriter writer = CheckpointWriter.to(folder.resolve("m")).metadata(Map.of("note", "text"))
        .tied(Map.of("a", "b", "x", "gone", "note", "a", "format", "a"));
    List<TensorInfo> tensors = List.of(TENSORS.get(0), TENSORS.get(1), TENSORS.get(1), info("__metadata__", ElementType.U8, 1L));

    assertThatIllegalArgumentException().isThrownBy(() -> writer.open(tensors))
        .withMessageContaining("two tensors are called \"b\"").withMessageContaining("the file format reserves that name")
        .withMessageContaining("\"a\" is tied to \"b\", but is a tensor of its own")
        .withMessageContaining("\"x\" is tied to \"gone\", but there is no such tensor")
        .withMessageContaining("\"note\" is tied to \"a\", but that is a name of the metadata").withMessageContaining("\"format\" is tied");
    assertThatIllegalArgumentException().isThrownBy(() -> writer.shardBytes(0)).withMessageContaining("0 bytes");
    assertThatIllegalArgumentException().isThrownBy(() -> CheckpointWriter.to(Path.of("a.safetensors")).shardBytes(1))
        .withMessageContaining("name a directory");
    assertThat(names(folder)).isEmpty();
  }

  @Test
  void should_say_that_a_folder_cannot_be_written() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));

    assertThatThrownBy(() -> writeAll(CheckpointWriter.to(file.resolve("model")))).isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("cannot write " + file.resolve("model"));
    assertThatThrownBy(() -> writeAll(CheckpointWriter.to(folder.resolve("gone/a.safetensors")))).isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("its folder must exist");
    assertThat(names(folder)).containsExactly("file");
  }

  @Test
  void should_replace_a_model_of_any_layout_only_if_told() throws IOException {
    Path model = folder.resolve("model");
    List<CheckpointWriter> layouts = List.of(CheckpointWriter.to(model).shardBytes(2000), CheckpointWriter.to(model),
        CheckpointWriter.to(model).shardBytes(3000), CheckpointWriter.to(model).shardBytes(2900),
        CheckpointWriter.to(model).shardBytes(1), CheckpointWriter.to(model), CheckpointWriter.to(model));
    writeAll(layouts.get(0));
    Files.writeString(model.resolve("config.json"), "{}");

    for (CheckpointWriter layout : layouts) {
      List<String> before = names(model);
      assertThatThrownBy(() -> writeAll(layout))
          .isInstanceOf(UncheckedIOException.class).hasCauseInstanceOf(FileAlreadyExistsException.class)
          .hasMessageContaining("must be replaced on purpose");
      assertThat(names(model)).isEqualTo(before);

      List<Path> written = writeAll(layout.overwrite(true));

      assertThat(names(model)).contains("config.json").hasSize(written.size() + 1);
      try (Checkpoint checkpoint = Checkpoint.open(model)) {
        assertHasAll(checkpoint);
      }
    }
  }

  @Test
  void should_keep_the_old_model_until_the_new_one_is_finished() throws IOException {
    Path model = folder.resolve("model");
    writeAll(CheckpointWriter.to(model).shardBytes(2000));

    try (CheckpointOutput out = CheckpointWriter.to(model).shardBytes(2000).overwrite(true).open(TENSORS)) {
      out.write("a", 0, ByteBuffer.allocate(1200));
      try (Checkpoint old = Checkpoint.open(model)) {
        assertHasAll(old);
      }
    }

    try (Checkpoint old = Checkpoint.open(model)) {
      assertHasAll(old);
    }
  }

  @Test
  void should_bring_the_old_model_back_if_the_new_one_cannot_take_its_place() throws IOException {
    Path model = folder.resolve("model");
    writeAll(CheckpointWriter.to(model));
    Path inTheWay = Files.createDirectories(model.resolve("model.safetensors.index.json/full")).getParent();

    assertThatThrownBy(() -> writeAll(CheckpointWriter.to(model).shardBytes(2500).overwrite(true))).isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("cannot write " + model);

    assertThat(names(model)).containsExactly("model.safetensors", inTheWay.getFileName().toString());
    try (Checkpoint old = Checkpoint.open(model)) {
      assertHasAll(old);
    }
  }

  private static List<Path> writeAll(CheckpointWriter writer) {
    try (CheckpointOutput out = writer.open(TENSORS)) {
      TENSORS.forEach(info -> out.write(info.name(), 0, bytes(info)));
      return out.finish();
    }
  }

  private static void assertHasAll(Checkpoint checkpoint) {
    assertThat(checkpoint.names()).containsExactlyElementsOf(TENSORS.stream().map(TensorInfo::name).toList());
    for (TensorInfo info : TENSORS) {
      assertThat(checkpoint.info(info.name())).isEqualTo(info);
      assertThat(checkpoint.raw(info.name())).isEqualTo(bytes(info));
    }
  }

  private static ByteBuffer bytes(TensorInfo info) {
    byte[] bytes = new byte[(int) info.byteLength()];
    new Random(info.name().hashCode()).nextBytes(bytes);
    return ByteBuffer.wrap(bytes);
  }

  private static TensorInfo info(String name, ElementType type, Long... shape) {
    return new TensorInfo(name, type, List.of(shape));
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
