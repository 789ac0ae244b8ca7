package io.modelweave.benchmarks;

import io.modelweave.cka.Bandwidth;
import io.modelweave.cka.Cka;
import io.modelweave.cka.CkaMatrix;
import io.modelweave.cka.Score;
import io.modelweave.core.Activations;
import io.modelweave.core.BatchWorkers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * How much memory does exact RBF CKA of 13 layers of many samples take, whose Gram matrices would be {@code 13 n²} numbers?
 *
 * <p>The features, {@code [samples, 768]} FLOAT a layer, lie in a file that is mapped: its pages belong to the system, not to heap or off-heap
 * memory. Layer {@code i} is layer {@code i - 1} plus noise. Prints CSV: the most memory of the process that is not of files
 * ({@code RssAnon} of Linux) before and during the comparison.
 *
 * <pre>{@code
 * BENCHMARK_MAIN=io.modelweave.benchmarks.LargeMapMemory JAVA_OPTS=-Xmx512m benchmarks/run FOLDER SAMPLES WORKERS
 * }</pre>
 */
final class LargeMapMemory {

  private static final int LAYERS = 13;
  private static final int WIDTH = 768;

  private LargeMapMemory() {}

  /**
   * Runs one comparison.
   *
   * @param arguments folder for the file, which needs {@code samples · 39936} bytes; number of samples; number of workers
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length != 3) {
      System.err.println("usage: LargeMapMemory FOLDER SAMPLES WORKERS");
      System.exit(2);
    }
    int samples = Integer.parseInt(arguments[1]);
    BatchWorkers workers = new BatchWorkers(Integer.parseInt(arguments[2]));
    Path file = Files.createTempFile(Path.of(arguments[0]), "layers", ".bin");
    try {
      write(file, samples);
      Activations activations = map(file, samples);
      long before = anonymousKilobytes();
      Thread sampler = new Thread(LargeMapMemory::sample);
      sampler.setDaemon(true);
      sampler.start();
      long start = System.nanoTime();
      CkaMatrix map = Cka.rbf(Bandwidth.median()).workers(workers).heatMap(activations);
      double seconds = (System.nanoTime() - start) / 1e9;
      Score score = map.score(0, LAYERS - 1);
      System.out.println("samples,workers,seconds,MB before,MB at most,value 0-12,standard error");
      System.out.printf(Locale.ROOT, "%d,%d,%.0f,%d,%d,%.6f,%.6f%n", samples, workers.threads(), seconds, before / 1024, most / 1024,
          score.value(), score.standardError());
    } finally {
      Files.delete(file);
    }
  }

  private static void write(Path file, int samples) throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    float[][] rows = new float[LAYERS][WIDTH];
    ByteBuffer bytes = ByteBuffer.allocateDirect(4 * WIDTH).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      for (int i = 0; i < samples; i++) {
        for (int layer = 0; layer < LAYERS; layer++) {
          for (int j = 0; j < WIDTH; j++) {
            double noise = (random.nextDouble() - 0.5) * 3;
            rows[layer][j] = (float) (layer == 0 ? noise : 0.9 * rows[layer - 1][j] + 0.4 * noise);
          }
          bytes.clear().asFloatBuffer().put(rows[layer]);
          channel.write(bytes, 4L * WIDTH * ((long) layer * samples + i));
        }
      }
    }
  }

  private static Activations map(Path file, int samples) throws IOException {
    Map<String, INDArray> layers = new LinkedHashMap<>();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      for (int layer = 0; layer < LAYERS; layer++) {
        long length = (long) samples * WIDTH;
        ByteBuffer bytes = channel.map(FileChannel.MapMode.PRIVATE, 4 * length * layer, 4 * length).order(ByteOrder.LITTLE_ENDIAN);
        layers.put("layer." + layer, Nd4j.create(Nd4j.createBuffer(new FloatPointer(bytes.asFloatBuffer()), length, DataType.FLOAT),
            new long[] {samples, WIDTH}, new long[] {WIDTH, 1}, 0, 'c'));
      }
    }
    return Activations.of(layers);
  }

  private static volatile long most;

  private static void sample() {
    try {
      while (true) {
        most = Math.max(most, anonymousKilobytes());
        Thread.sleep(100);
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long anonymousKilobytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("RssAnon:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).sum();
  }
}
