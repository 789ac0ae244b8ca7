package io.modelweave.benchmarks;

import io.modelweave.core.Checkpoint;
import io.modelweave.merge.Merge;
import io.modelweave.merge.Merger;
import io.modelweave.merge.Mergekit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * One merge from files to a file in a process of its own, for {@link MergeFilesComparison}.
 *
 * <p>Arguments: {@code linear}, {@code ties} or {@code copy}, which reads two files and writes one and is what a merge cannot do without,
 * and the folder of {@code a}, {@code b} and {@code base.safetensors}. Prints the largest resident memory of the process in MB.
 */
final class MergeFiles {

  private static final int BUFFER = 1 << 20;

  private MergeFiles() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[1]);
    Path output = folder.resolve("merged.safetensors");
    if (arguments[0].equals("copy")) {
      copy(folder, output);
    } else {
      merge(arguments[0], folder, output);
    }
    System.out.println(peakMegabytes());
  }

  private static void merge(String method, Path folder, Path output) {
    try (Checkpoint a = Checkpoint.open(folder.resolve("a.safetensors")); Checkpoint b = Checkpoint.open(folder.resolve("b.safetensors"));
        Checkpoint base = Checkpoint.open(folder.resolve("base.safetensors"))) {
      Merge merge = Merger.of(a, b).method(Mergekit.method(method)).weights(0.5, 0.5);
      (method.equals("ties") ? merge.base(base).set("density", 0.3) : merge).writeTo(output);
    }
  }

  private static void copy(Path folder, Path output) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    try (FileChannel a = FileChannel.open(folder.resolve("a.safetensors"));
        FileChannel b = FileChannel.open(folder.resolve("b.safetensors"));
        FileChannel out = FileChannel.open(output, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      while (a.read(buffer.clear()) > 0) {
        continue;
      }
      while (b.read(buffer.clear()) > 0) {
        out.write(buffer.flip());
      }
      out.force(true);
    }
  }

  private static long peakMegabytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
      }
    }
    return -1;
  }
}
