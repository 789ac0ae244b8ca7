package io.modelweave.benchmarks;

import io.modelweave.core.checkpoint.CheckpointOutput;
import io.modelweave.core.checkpoint.CheckpointWriter;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.core.checkpoint.TensorInfo;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Merges files of the size of GPT-2 small, each time in a fresh process, by turns with {@code peers/merge.py}, and prints wall time from
 * the start to the end of the process and its largest resident memory.
 *
 * <p>The files (two models and a base, 498 MB as F32 and 249 MB as BF16) are made once and lie in the system's cache. {@code copy} reads
 * two and writes one.
 */
final class MergeFilesComparison {

  private static final int ROUNDS = 5;
  private static final List<String> PEERS = List.of("linear", "ties");
  private static final int PIECE = 1 << 16;

  private record Run(String name, double milliseconds, long megabytes) {}

  private MergeFilesComparison() {}

  /**
   * Prints the runs as CSV and a Markdown table. On a machine that does other work, the fastest run says more than the median.
   *
   * @param arguments a folder for 2.7 GB of files, and the peer's script; without the script, only this library runs
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length < 1 || arguments.length > 2) {
      System.err.println("usage: benchmarks/merge-files FOLDER [benchmarks/peers/merge.py]");
      System.exit(2);
    }
    Map<String, List<Run>> runs = new LinkedHashMap<>();
    System.out.println("side,case,milliseconds,peak MB");
    for (ElementType type : List.of(ElementType.F32, ElementType.BF16)) {
      Path folder = models(Path.of(arguments[0]), type);
      for (int round = 0; round < ROUNDS; round++) {
        for (String method : List.of("copy", "linear", "ties")) {
          add(runs, "modelweave", method + " " + type, run(folder, ours(method, folder)));
          if (arguments.length == 2 && PEERS.contains(method) && round < 2) {
            add(runs, "peer", method + " " + type, run(folder, peer(arguments[1], method, folder)));
          }
        }
      }
    }
    System.out.println("\n| side, case | fastest, ms | median, ms | peak, MB |\n|---|---:|---:|---:|");
    runs.forEach((name, all) -> {
      List<Run> sorted = all.stream().sorted(Comparator.comparingDouble(Run::milliseconds)).toList();
      System.out.printf(Locale.ROOT, "| %s | %,.0f | %,.0f | %d |%n", name, sorted.get(0).milliseconds(),
          sorted.get((sorted.size() - 1) / 2).milliseconds(), all.stream().mapToLong(Run::megabytes).max().orElseThrow());
    });
  }

  private static void add(Map<String, List<Run>> runs, String side, String name, Run run) {
    System.out.printf(Locale.ROOT, "%s,%s,%.0f,%d%n", side, name, run.milliseconds(), run.megabytes());
    runs.computeIfAbsent(side + ", " + name, key -> new ArrayList<>()).add(run);
  }

  private static List<String> ours(String method, Path folder) {
    return List.of(ProcessHandle.current().info().command().orElse("java"), "-cp", System.getProperty("java.class.path"),
        MergeFiles.class.getName(), method, folder.toString());
  }

  private static List<String> peer(String script, String method, Path folder) {
    return List.of(System.getenv().getOrDefault("PYTHON", "python3"), script, method, folder.toString());
  }

  private static Run run(Path folder, List<String> command) throws IOException, InterruptedException {
    Files.deleteIfExists(folder.resolve("merged.safetensors")); // to write over a file is another job than to write one
    Files.deleteIfExists(folder.resolve("merged-by-peer.safetensors"));
    long start = System.nanoTime();
    Process process = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException("%s failed".formatted(command));
    }
    double milliseconds = (System.nanoTime() - start) / 1e6;
    String last = output.strip().substring(output.strip().lastIndexOf('\n') + 1);
    return new Run(command.get(0), milliseconds, Long.parseLong(last.substring(last.lastIndexOf(',') + 1)));
  }

  /** Makes the files unless they are there. */
  private static Path models(Path parent, ElementType type) throws IOException {
    Path folder = Files.createDirectories(parent.resolve(type.name().toLowerCase(Locale.ROOT)));
    for (String name : List.of("base", "a", "b")) {
      Path file = folder.resolve(name + ".safetensors");
      if (!Files.exists(file)) {
        write(file, type, name.hashCode());
      }
    }
    return folder;
  }

  private static void write(Path file, ElementType type, long seed) {
    SplittableRandom base = new SplittableRandom(0);
    SplittableRandom own = new SplittableRandom(seed);
    try (CheckpointOutput out = CheckpointWriter.to(file).metadata(Map.of("format", "pt")).open(tensors(type))) {
      ByteBuffer piece = ByteBuffer.allocateDirect(PIECE).order(ByteOrder.LITTLE_ENDIAN);
      for (TensorInfo info : tensors(type)) {
        for (long offset = 0; offset < info.byteLength(); offset += PIECE) {
          piece.clear().limit((int) Math.min(PIECE, info.byteLength() - offset));
          while (piece.hasRemaining()) {
            int bits = Float.floatToRawIntBits((float) (base.nextDouble(-0.1, 0.1) + own.nextDouble(-0.01, 0.01)));
            if (type == ElementType.F32) {
              piece.putInt(bits);
            } else {
              piece.putShort((short) (bits >>> Short.SIZE));
            }
          }
          out.write(info.name(), offset, piece.flip());
        }
      }
      out.finish();
    }
  }

  /** The shapes of GPT-2 small. */
  private static List<TensorInfo> tensors(ElementType type) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    shapes.put("wte.weight", List.of(50257L, 768L));
    shapes.put("wpe.weight", List.of(1024L, 768L));
    for (int layer = 0; layer < 12; layer++) {
      String block = "h.%d.".formatted(layer);
      shapes.put(block + "ln_1.weight", List.of(768L));
      shapes.put(block + "ln_1.bias", List.of(768L));
      shapes.put(block + "attn.c_attn.weight", List.of(768L, 2304L));
      shapes.put(block + "attn.c_attn.bias", List.of(2304L));
      shapes.put(block + "attn.c_proj.weight", List.of(768L, 768L));
      shapes.put(block + "attn.c_proj.bias", List.of(768L));
      shapes.put(block + "ln_2.weight", List.of(768L));
      shapes.put(block + "ln_2.bias", List.of(768L));
      shapes.put(block + "mlp.c_fc.weight", List.of(768L, 3072L));
      shapes.put(block + "mlp.c_fc.bias", List.of(3072L));
      shapes.put(block + "mlp.c_proj.weight", List.of(3072L, 768L));
      shapes.put(block + "mlp.c_proj.bias", List.of(768L));
    }
    shapes.put("ln_f.weight", List.of(768L));
    shapes.put("ln_f.bias", List.of(768L));
    return shapes.entrySet().stream().map(shape -> new TensorInfo(shape.getKey(), type, shape.getValue())).toList();
  }
}
