package io.modelweave.core.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The tokenizer of a trained model, read from its files: a {@code tokenizer.json}, or GPT-2's {@code encoder.json} and
 * {@code vocab.bpe} (also named {@code vocab.json} and {@code merges.txt}).
 *
 * <p>Needs {@code ai.djl.huggingface:tokenizers} on the class path, an optional dependency of this library; its native code
 * does the work. Text is encoded without the special tokens that some models put around it and without truncation. From the
 * GPT-2 files, {@code <|endoftext|>} in a text is ordinary text; from a {@code tokenizer.json}, the added tokens it declares
 * are recognised in texts. Safe for use by several threads until closed.
 */
public final class PretrainedTokenizer implements Tokenizer, AutoCloseable {

  private static final List<String> USUAL_END_TOKENS = List.of("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|im_end|>", "[SEP]");
  private static final Map<String, String> OPTIONS =
      Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false", "maxLength", Integer.toString(Integer.MAX_VALUE), "modelMaxLength", Integer.toString(Integer.MAX_VALUE));

  private final HuggingFaceTokenizer tokenizer;
  private final int vocabularySize;
  private final int endToken;

  private PretrainedTokenizer(HuggingFaceTokenizer tokenizer, int vocabularySize, int endToken) {
    this.tokenizer = tokenizer;
    this.vocabularySize = vocabularySize;
    this.endToken = endToken;
  }

  /**
   * Returns the tokenizer in a file or directory. The end token is the {@code eos_token} of a {@code tokenizer_config.json}
   * in the same directory, else the first of {@code <|endoftext|>}, {@code <|end_of_text|>}, {@code </s>}, {@code <eos>},
   * {@code <|im_end|>}, {@code [SEP]} that the vocabulary has.
   *
   * @param path a {@code tokenizer.json} by any name, or a directory that holds one or the two files of GPT-2
   * @throws UncheckedIOException if a file is missing or cannot be read
   * @throws IllegalArgumentException naming the file, if it is no tokenizer or has none of these end tokens
   */
  public static PretrainedTokenizer open(Path path) {
    TokenizerDefinition definition = TokenizerDefinition.read(path);
    Optional<String> end = definition.declaredEndToken().or(() -> USUAL_END_TOKENS.stream().filter(definition.ids()::containsKey).findFirst());
    return build(definition, end.orElseThrow(() -> new IllegalArgumentException(
        "%s declares no end token and has none of %s; name it in open(path, endToken)".formatted(definition.source(), USUAL_END_TOKENS))));
  }

  /**
   * Returns the tokenizer in a file or directory with {@code endToken}, which must be in its vocabulary, as the end token.
   *
   * @throws UncheckedIOException if a file is missing or cannot be read
   * @throws IllegalArgumentException naming the file, if it is no tokenizer or does not have this token
   */
  public static PretrainedTokenizer open(Path path, String endToken) {
    return build(TokenizerDefinition.read(path), Objects.requireNonNull(endToken, "endToken"));
  }

  /**
   * Returns the byte-level BPE tokenizer of GPT-2's two files, with {@code <|endoftext|>} as the end token.
   *
   * @param encoder a JSON object of token to id
   * @param merges one merge a line, best first, below a {@code #version} line
   * @throws UncheckedIOException if a file is missing or cannot be read
   * @throws IllegalArgumentException naming the file, if one does not hold this
   */
  public static PretrainedTokenizer gpt2(Path encoder, Path merges) {
    return build(TokenizerDefinition.gpt2(encoder, merges), TokenizerDefinition.GPT2_END);
  }

  private static PretrainedTokenizer build(TokenizerDefinition definition, String endToken) {
    Integer end = definition.ids().get(endToken);
    if (end == null) {
      throw new IllegalArgumentException("%s has no token \"%s\" among its %d to end documents with".formatted(definition.source(), endToken, definition.ids().size()));
    }
    int size = 1 + definition.ids().values().stream().mapToInt(Integer::intValue).max().orElseThrow();
    return new PretrainedTokenizer(load(definition.json(), definition.source()), size, end);
  }

  private static HuggingFaceTokenizer load(JsonNode json, Path source) {
    // The library reports its use to its vendor on some cloud machines unless told not to.
    if (System.getenv("OPT_OUT_TRACKING") == null && System.getProperty("OPT_OUT_TRACKING") == null) {
      System.setProperty("OPT_OUT_TRACKING", "true");
    }
    try {
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(TokenizerDefinition.JSON.writeValueAsBytes(json)), OPTIONS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException("%s is not a tokenizer that the tokenizers library accepts: %s".formatted(source, e.getMessage()), e);
    }
  }

  @Override
  public int[] encode(String text) {
    long[] ids = tokenizer.encode(text, false, false).getIds();
    int[] narrow = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      narrow[i] = Math.toIntExact(ids[i]);
    }
    return narrow;
  }

  @Override
  public String decode(int[] ids) {
    VocabularyCheck.requireKnown(ids, vocabularySize);
    long[] wide = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      wide[i] = ids[i];
    }
    return tokenizer.decode(wide, false);
  }

  @Override
  public int vocabularySize() {
    return vocabularySize;
  }

  @Override
  public int endToken() {
    return endToken;
  }

  /** Frees the native memory; using the tokenizer afterwards is an error. */
  @Override
  public void close() {
    tokenizer.close();
  }

  @Override
  public String toString() {
    return "PretrainedTokenizer[%d tokens, end token %d]".formatted(vocabularySize, endToken);
  }
}
