package io.modelweave.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsBadFilesTest {

  private static final String GOOD = "{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
      + "\"b\":{\"dtype\":\"BF16\",\"shape\":[2,2],\"data_offsets\":[8,16]}}";

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
      not json                                                                             | must be a JSON object
      {not json}                                                                           | not valid JSON
      []                                                                                   | must be a JSON object
      {} {}                                                                                | not valid JSON
      {"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}} | Duplicate field 'a'
      {"a":{"dtype":"F31","shape":[4],"data_offsets":[0,16]}}                              | tensor "a" has the unknown dtype "F31"; the known ones are [BOOL
      {"a":{"dtype":32,"shape":[4],"data_offsets":[0,16]}}                                 | needs exactly
      {"a":{"dtype":"F32","shape":[4]}}                                                    | needs exactly
      {"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16],"more":1}}                     | needs exactly
      {"a":7}                                                                              | needs exactly
      {"a":{"dtype":"F32","shape":4,"data_offsets":[0,16]}}                                | needs an array "shape"
      {"a":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}}                             | numbers >= 0 in "shape"
      {"a":{"dtype":"F32","shape":[4.0],"data_offsets":[0,16]}}                            | numbers >= 0 in "shape"
      {"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,16]}}           | numbers >= 0 in "shape"
      {"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,16]}}          | more elements than a long counts
      {"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}                                | do not fill whole bytes
      {"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}                              | [begin, end]
      {"a":{"dtype":"F32","shape":[4],"data_offsets":[0]}}                                 | [begin, end]
      {"a":{"dtype":"F32","shape":[3],"data_offsets":[0,16]}}                              | needs 12 bytes
      {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[3],"data_offsets":[4,16]}} | tensor "b" overlaps tensor "a"
      {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}} | tensor "b" leaves a gap after tensor "a"
      {"a":{"dtype":"F32","shape":[5],"data_offsets":[0,20]}}                              | the file is cut short
      {"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}} | more elements than a long counts
      {"a":{"dtype":"U8","shape":[0],"data_offsets":[9223372036854775807,9223372036854775807]}} | ends beyond any file
      {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}                               | 8 bytes belong to no tensor
      {"__metadata__":{"n":1},"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}       | not a string
      {"__metadata__":"x","a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}           | object of strings
      """)
  void should_refuse_a_bad_header(String header, String message) throws IOException {
    Path file = SafetensorsBytes.write(folder.resolve("bad.safetensors"), header, new byte[16]);

    assertThatThrownBy(() -> Checkpoint.open(file)).isInstanceOf(CheckpointFormatException.class)
        .hasMessageContaining(message).hasMessageContaining("bad.safetensors, byte ")
        .hasMessageMatching("(?s).*(download the file again, or write it again|convert the file to one of them)");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, 100_000_001, 99_999_999, 1000})
  void should_refuse_a_header_length_that_cannot_be(long length) throws IOException {
    byte[] bytes = SafetensorsBytes.bytes(GOOD, new byte[16]);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    Path file = Files.write(folder.resolve("bad.safetensors"), bytes);

    assertThatThrownBy(() -> Checkpoint.open(file))
        .isInstanceOf(CheckpointFormatException.class).hasMessageContaining("byte 0: header length");
  }

  @Test
  void should_say_where_in_the_header_a_tensor_is_wrong() throws IOException {
    Path file = SafetensorsBytes.write(folder.resolve("bad.safetensors"), GOOD.replace("BF16", "BF61"), new byte[16]);

    assertThatThrownBy(() -> Checkpoint.open(file)).isInstanceOfSatisfying(CheckpointFormatException.class,
        e -> assertThat(e.offset()).isEqualTo(8 + GOOD.indexOf("\"b\"")))
            .hasMessageContaining("tensor \"b\" has the unknown dtype \"BF61\"");
  }

  @Test
  void should_refuse_a_file_cut_anywhere() throws IOException {
    byte[] bytes = SafetensorsBytes.bytes(GOOD, new byte[16]);
    Path file = folder.resolve("cut.safetensors");

    for (int length = 0; length < bytes.length; length++) {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> Checkpoint.open(file)).isInstanceOf(CheckpointFormatException.class);
    }
  }

  @Test
  void should_say_when_a_file_became_shorter() throws IOException {
    Path file = SafetensorsBytes.write(folder.resolve("a.safetensors"), GOOD, new byte[16]);

    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      Files.write(file, new byte[10]);
      assertThatThrownBy(() -> checkpoint.tensor("b")).isInstanceOf(CheckpointFormatException.class).hasMessageContaining("became shorter");
    }
  }

  @Test
  void should_take_no_other_encoding_than_utf_8() throws IOException {
    Path wide = Files.write(folder.resolve("wide.safetensors"), withLength("{}".getBytes(StandardCharsets.UTF_16LE)));
    Path broken = Files.write(folder.resolve("broken.safetensors"), withLength("{\"éclair\":1}".getBytes(StandardCharsets.ISO_8859_1)));

    assertThatThrownBy(() -> Checkpoint.open(wide))
        .isInstanceOf(CheckpointFormatException.class).hasMessageContaining("must be a JSON object");
    assertThatThrownBy(() -> Checkpoint.open(broken)).isInstanceOf(CheckpointFormatException.class).hasMessageContaining("Invalid UTF-8");
  }

  private static byte[] withLength(byte[] json) {
    return ByteBuffer.allocate(8 + json.length).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json).array();
  }

  @ParameterizedTest
  @ValueSource(strings = {"pytorch_model.bin", "model.pt", "model.pth", "renamed.safetensors", "no-ending"})
  void should_refuse_a_pickle_and_say_how_to_convert_it(String name) throws IOException {
    Path file = Files.write(folder.resolve(name), new byte[] {'P', 'K', 3, 4, 0, 0, 0, 0, 0, 0});

    assertThatThrownBy(() -> Checkpoint.open(file)).isInstanceOf(CheckpointFormatException.class)
        .hasMessageContaining("PyTorch pickle").hasMessageContaining("safetensors.torch.save_file");
  }

  @Test
  void should_say_what_is_missing() throws IOException {
    assertThatThrownBy(() -> Checkpoint.open(folder.resolve("none.safetensors")))
        .isInstanceOf(UncheckedIOException.class).hasMessageContaining("none.safetensors");
    assertThatThrownBy(() -> Checkpoint.open(folder))
        .isInstanceOf(UncheckedIOException.class).hasMessageContaining("model.safetensors.index.json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pytorch_model.bin", "pytorch_model-00001-of-00002.bin", "consolidated.00.pth"})
  void should_refuse_a_directory_of_pickles(String name) throws IOException {
    Files.createFile(folder.resolve(name));

    assertThatThrownBy(() -> Checkpoint.open(folder)).isInstanceOf(CheckpointFormatException.class)
        .hasMessageContaining(name).hasMessageContaining("pickle").hasMessageContaining("save_file");
  }
}
