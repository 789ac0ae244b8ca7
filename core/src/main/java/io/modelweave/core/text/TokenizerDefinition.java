package io.modelweave.core.text;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What is read from a tokenizer's files before native code sees it.
 *
 * @param source the file that messages name
 * @param json the contents of a {@code tokenizer.json}
 * @param ids token to id, added tokens included
 * @param declaredEndToken the {@code eos_token} of a {@code tokenizer_config.json}
 */
record TokenizerDefinition(Path source, JsonNode json, Map<String, Integer> ids, Optional<String> declaredEndToken) {

  static final ObjectMapper JSON = new ObjectMapper();
  static final String GPT2_END = "<|endoftext|>";

  static TokenizerDefinition read(Path path) {
    if (!Files.isDirectory(path)) {
      return ofTokenizerJson(path);
    }
    Path json = path.resolve("tokenizer.json");
    if (Files.exists(json)) {
      return ofTokenizerJson(json);
    }
    for (String[] pair : new String[][] {{"encoder.json", "vocab.bpe"}, {"vocab.json", "merges.txt"}}) {
      if (Files.exists(path.resolve(pair[0])) && Files.exists(path.resolve(pair[1]))) {
        return gpt2(path.resolve(pair[0]), path.resolve(pair[1]));
      }
    }
    throw new UncheckedIOException(new NoSuchFileException(
        path.toString(), null, "no tokenizer in this directory: neither tokenizer.json, nor encoder.json with vocab.bpe, nor vocab.json with merges.txt"));
  }

  private static TokenizerDefinition ofTokenizerJson(Path file) {
    JsonNode json = parse(file);
    Map<String, Integer> ids = new HashMap<>();
    JsonNode vocabulary = json.path("model").path("vocab");
    if (vocabulary.isObject()) {
      vocabulary.fields().forEachRemaining(entry -> ids.put(entry.getKey(), entry.getValue().asInt()));
    } else {
      // Unigram models list [token, score] pairs; the id is the position.
      for (int i = 0; i < vocabulary.size(); i++) {
        ids.put(vocabulary.get(i).path(0).asText(), i);
      }
    }
    json.path("added_tokens").forEach(token -> ids.put(token.path("content").asText(), token.path("id").asInt()));
    if (ids.isEmpty()) {
      throw new IllegalArgumentException("%s is not a tokenizer.json: it has no model.vocab".formatted(file));
    }
    return new TokenizerDefinition(file, json, Map.copyOf(ids), endTokenBeside(file));
  }

  private static Optional<String> endTokenBeside(Path file) {
    Path config = file.resolveSibling("tokenizer_config.json");
    if (!Files.exists(config)) {
      return Optional.empty();
    }
    JsonNode end = parse(config).path("eos_token");
    String text = end.isObject() ? end.path("content").asText("") : end.asText("");
    return end.isNull() || text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  static TokenizerDefinition gpt2(Path encoder, Path merges) {
    JsonNode vocabulary = parse(encoder);
    Map<String, Integer> ids = new HashMap<>();
    vocabulary.fields().forEachRemaining(entry -> {
      if (!entry.getValue().isInt()) {
        throw new IllegalArgumentException("%s: token \"%s\" has id %s; ids are integers".formatted(encoder, entry.getKey(), entry.getValue()));
      }
      ids.put(entry.getKey(), entry.getValue().asInt());
    });
    if (ids.isEmpty()) {
      throw new IllegalArgumentException("%s is not an object of token to id".formatted(encoder));
    }
    ObjectNode json = JSON.createObjectNode();
    json.put("version", "1.0");
    ObjectNode byteLevel = JSON.createObjectNode().put("type", "ByteLevel").put("add_prefix_space", false).put("trim_offsets", true).put("use_regex", true);
    json.set("pre_tokenizer", byteLevel);
    json.set("decoder", byteLevel.deepCopy());
    json.putArray("added_tokens");
    ObjectNode model = json.putObject("model").put("type", "BPE").put("fuse_unk", false).put("byte_fallback", false);
    model.set("vocab", vocabulary);
    model.set("merges", merges(merges, ids));
    return new TokenizerDefinition(encoder, json, Map.copyOf(ids), Optional.of(GPT2_END));
  }

  private static ArrayNode merges(Path file, Map<String, Integer> ids) {
    ArrayNode merges = JSON.createArrayNode();
    String[] lines = TextFile.read(file).split("\r?\n");
    for (int i = 0; i < lines.length; i++) {
      if (lines[i].isBlank() || i == 0 && lines[i].startsWith("#version")) {
        continue;
      }
      String[] parts = lines[i].split(" ");
      if (parts.length != 2 || !ids.containsKey(parts[0] + parts[1])) {
        throw new IllegalArgumentException("%s line %d: \"%s\" is not a merge of two tokens into a token of the vocabulary".formatted(file, i + 1, lines[i]));
      }
      merges.add(lines[i]);
    }
    return merges;
  }

  private static JsonNode parse(Path file) {
    try {
      return JSON.readTree(TextFile.read(file));
    } catch (JacksonException e) {
      throw new IllegalArgumentException("%s is not JSON: %s".formatted(file, e.getOriginalMessage()), e);
    }
  }
}
