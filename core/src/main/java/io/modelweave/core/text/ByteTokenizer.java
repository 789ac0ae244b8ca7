package io.modelweave.core.text;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;

/**
 * The UTF-8 bytes of a text as ids 0 to 255, and 256 as the end of a document: a vocabulary of 257 that reads any text and
 * needs no file.
 *
 * <p>Decoding drops end tokens and puts U+FFFD where the bytes are not UTF-8, as a window cut inside a character is not.
 * Unpaired surrogates, which have no UTF-8, encode to a question mark.
 */
public final class ByteTokenizer implements Tokenizer {

  private static final int END = 256;

  @Override
  public int[] encode(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    int[] ids = new int[bytes.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = Byte.toUnsignedInt(bytes[i]);
    }
    return ids;
  }

  @Override
  public String decode(int[] ids) {
    VocabularyCheck.requireKnown(ids, vocabularySize());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(ids.length);
    for (int id : ids) {
      if (id != END) {
        bytes.write(id);
      }
    }
    return bytes.toString(UTF_8);
  }

  @Override
  public int vocabularySize() {
    return END + 1;
  }

  @Override
  public int endToken() {
    return END;
  }
}
