package io.modelweave.merge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.hash.Hashing;
import com.google.common.hash.Hasher;
import io.modelweave.core.AtomicFile;
import io.modelweave.core.checkpoint.CheckpointOutput;
import io.modelweave.core.checkpoint.TensorInfo;
import io.modelweave.merge.engine.TensorReport;
import io.modelweave.merge.engine.TensorSink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finished tensors of a merge that may be killed: their bytes in one file, and a journal with a line for each, in a hidden folder beside
 * the output.
 *
 * <p>A line says which bytes count, with their hash, which is checked before they are used. The first line says which merge it is.
 */
final class ResumableTensors implements TensorSink, AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();
  private static final int BUFFER = 1 << 20;

  private final Path folder;
  private final FileChannel data;
  private final FileChannel journal;
  private final Map<String, Long> begins = new HashMap<>();
  private final Map<String, TensorReport> finished = new HashMap<>();
  private final List<TensorInfo> tensors;

  private ResumableTensors(Path folder, List<TensorInfo> tensors) throws IOException {
    this.folder = folder;
    this.tensors = tensors;
    long end = 0;
    for (TensorInfo info : tensors) {
      begins.put(info.name(), end);
      end += info.byteLength();
    }
    Files.createDirectories(folder);
    this.journal = channel(folder.resolve("journal.jsonl"));
    this.data = channel(folder.resolve("tensors.bin"));
  }

  /**
   * Opens what an earlier run of the same merge left, or begins.
   *
   * @param fingerprint of the merge: everything that its bytes depend on
   * @throws IllegalStateException if another merge left something there, or is at work
   */
  static ResumableTensors open(Path output, List<TensorInfo> tensors, String fingerprint, WriteOptions.Resume resume) {
    Path absolute = output.toAbsolutePath();
    Path folder = absolute.resolveSibling(".%s.unfinished".formatted(absolute.getFileName()));
    try {
      ResumableTensors unfinished = new ResumableTensors(folder, tensors);
      try {
        unfinished.begin(fingerprint, resume);
        return unfinished;
      } catch (IOException | RuntimeException e) {
        unfinished.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot use " + folder, e);
    }
  }

  private void begin(String fingerprint, WriteOptions.Resume resume) throws IOException {
    requireAlone();
    String text = new String(bytes(journal), StandardCharsets.UTF_8);
    String complete = text.substring(0, text.lastIndexOf('\n') + 1); // what follows was being written when the process died
    List<String> lines = complete.lines().toList();
    if (lines.isEmpty() || resume == WriteOptions.Resume.RESTART) {
      journal.truncate(0);
      append(fingerprint);
      return;
    }
    if (!lines.get(0).equals(fingerprint)) {
      throw new IllegalStateException(("%s holds an unfinished merge of other models or settings; "
          + "finish that one, delete the folder, or start anew with WriteOptions.Resume.RESTART").formatted(folder));
    }
    journal.truncate(complete.getBytes(StandardCharsets.UTF_8).length);
    for (String line : lines.subList(1, lines.size())) {
      TensorReport report = JSON.readValue(line, TensorReport.class);
      if (hash(report.name()).equals(report.sha256())) {
        finished.put(report.name(), report);
      }
    }
  }

  private void requireAlone() throws IOException {
    try {
      FileLock lock = journal.tryLock(); // held until the channel is closed
      if (lock == null) {
        throw new OverlappingFileLockException();
      }
    } catch (OverlappingFileLockException e) {
      throw new IllegalStateException("another merge is at work in %s; wait for it".formatted(folder), e);
    }
  }

  @Override
  public Optional<TensorReport> finished(String name) {
    return Optional.ofNullable(finished.get(name));
  }

  @Override
  public void write(String name, long offset, ByteBuffer bytes) {
    try {
      long position = begins.getOrDefault(name, 0L) + offset;
      while (bytes.hasRemaining()) {
        position += data.write(bytes, position);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write tensor \"%s\" to %s".formatted(name, folder), e);
    }
  }

  @Override
  public void finish(TensorReport report) {
    try {
      append(JSON.writeValueAsString(report));
      finished.put(report.name(), report);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report consists of texts and numbers", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the journal in " + folder, e);
    }
  }

  /** Copies all tensors to their place. */
  void copyTo(CheckpointOutput output) {
    tensors.forEach(info -> forEachStretch(info, (offset, bytes) -> output.write(info.name(), offset, bytes)));
  }

  /** Removes everything. */
  void delete() {
    close();
    try {
      Files.deleteIfExists(folder.resolve("journal.jsonl"));
      Files.deleteIfExists(folder.resolve("tensors.bin"));
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove " + folder, e);
    }
  }

  /** Leaves the folder for the next run. */
  @Override
  public void close() {
    try (journal; data) {
      return;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close " + folder, e);
    }
  }

  private String hash(String name) {
    TensorInfo info = tensors.stream().filter(candidate -> candidate.name().equals(name)).findFirst().orElse(null);
    if (info == null) {
      return "";
    }
    Hasher hasher = Hashing.sha256().newHasher();
    forEachStretch(info, (offset, bytes) -> hasher.putBytes(bytes));
    return hasher.hash().toString();
  }

  @FunctionalInterface
  private interface Stretch {
    void accept(long offset, ByteBuffer bytes);
  }

  private void forEachStretch(TensorInfo info, Stretch stretch) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    long begin = begins.getOrDefault(info.name(), 0L);
    try {
      for (long offset = 0; offset < info.byteLength(); offset += BUFFER) {
        buffer.clear().limit((int) Math.min(BUFFER, info.byteLength() - offset));
        while (buffer.hasRemaining() && data.read(buffer, begin + offset + buffer.position()) >= 0) {
          continue;
        }
        stretch.accept(offset, buffer.flip());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read tensor \"%s\" of %s".formatted(info.name(), folder), e);
    }
  }

  private void append(String line) throws IOException {
    journal.position(journal.size());
    AtomicFile.writeFully(journal, ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
  }

  private static byte[] bytes(FileChannel file) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(file.size()));
    while (bytes.hasRemaining() && file.read(bytes, bytes.position()) >= 0) {
      continue;
    }
    return bytes.array();
  }

  private static FileChannel channel(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }
}
