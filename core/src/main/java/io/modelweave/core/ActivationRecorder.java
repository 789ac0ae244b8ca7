package io.modelweave.core;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Records named layers of a model while it runs on batches.
 *
 * <pre>{@code
 * Activations activations = ActivationRecorder.of(model).layers("block.*.mlp", "block.3.output").pooling(Pooling.MEAN).record(batches);
 * }</pre>
 *
 * <p>A recorder is immutable: each step returns a new one, and {@link #record}, {@link #recordTo} or {@link #forEach} does the work, one
 * batch at a time or, with {@link #workers}, a few. The samples of batches that name none are numbered {@code "0", "1", ...} through all batches. Ids may repeat,
 * because a batch may be recorded twice. A {@link java.util.Iterator} is recorded as {@code record(() -> iterator)}.
 *
 * @param <I> a batch of input
 */
public final class ActivationRecorder<I> {

  /** After how many bytes of layer values the garbage collector is asked to return their memory; see {@link ArrayMemory}. */
  private static final long COLLECT_AFTER = 128L << 20;

  private final ActivationSource<I> source;
  private final List<String> patterns;
  private final Pooling pooling;
  private final BatchWorkers workers;

  private ActivationRecorder(ActivationSource<I> source, List<String> patterns, Pooling pooling, BatchWorkers workers) {
    this.source = source;
    this.patterns = List.copyOf(patterns);
    this.pooling = pooling;
    this.workers = workers;
  }

  /** Returns a recorder of a model that pools with {@link Pooling#MEAN}; name its layers next. */
  public static <I> ActivationRecorder<I> of(ActivationSource<I> source) {
    return new ActivationRecorder<>(source, List.of(), Pooling.MEAN, BatchWorkers.single());
  }

  /**
   * Returns a recorder of these layers, in place of those named before.
   *
   * @param patterns names, or patterns in which {@code *} stands for any characters and {@code ?} for one
   */
  public ActivationRecorder<I> layers(String... patterns) {
    return layers(Arrays.asList(patterns));
  }

  /** Returns a recorder of these layers, as {@link #layers(String...)} does. */
  public ActivationRecorder<I> layers(List<String> patterns) {
    return new ActivationRecorder<>(source, patterns, pooling, workers);
  }

  /** Returns a recorder that pools otherwise. */
  public ActivationRecorder<I> pooling(Pooling pooling) {
    return new ActivationRecorder<>(source, patterns, pooling, workers);
  }

  /**
   * Returns a recorder that runs several batches side by side; the result is the same to the bit.
   *
   * @param workers each takes the memory of one batch more; a DL4J network runs one batch at a time all the same
   */
  public ActivationRecorder<I> workers(BatchWorkers workers) {
    return new ActivationRecorder<>(source, patterns, pooling, workers);
  }

  /**
   * Returns the activations of all batches, detached and owned by the caller; layers are in the order of the model.
   *
   * <p>Memory: {@code n * d} elements for every layer, once more for the largest layer while its pieces are joined, and one batch.
   *
   * @throws IllegalArgumentException if a pattern matches no layer, there is no batch, a batch has no token to pool, or batches differ in
   *     the width or type of a layer
   */
  public Activations record(Iterable<? extends I> batches) {
    Map<String, List<INDArray>> pieces = new LinkedHashMap<>();
    List<String> ids = new ArrayList<>();
    pooled(batches, rows -> {
      rows.layers().forEach(layer -> pieces.computeIfAbsent(layer, l -> new ArrayList<>()).add(rows.get(layer)));
      ids.addAll(rows.sampleIds());
    });
    Map<String, INDArray> byLayer = new LinkedHashMap<>();
    pieces.forEach((layer, parts) -> byLayer.put(layer, join(parts)));
    return Activations.of(byLayer, ids);
  }

  /**
   * Writes the activations of all batches to a safetensors file and returns it, opened as {@link Activations#open} does; close it after
   * use. The file appears complete or not at all.
   *
   * <p>Memory: one batch, and the sample ids. Rows are spilled beside the file until their number is known, so that the disk must hold
   * them twice.
   *
   * @param file replaced if it is there
   * @throws IllegalArgumentException as {@link #record} does
   * @throws java.io.UncheckedIOException if the file cannot be written
   */
  public Activations recordTo(Iterable<? extends I> batches, Path file) {
    try (ActivationSpill spill = new ActivationSpill(file)) {
      forEach(batches, spill::add);
      spill.write();
    }
    return Activations.open(file);
  }

  /**
   * Hands the pooled rows of each batch to a consumer, for what accumulates rather than holds them.
   *
   * <p>Memory: one batch, and what ND4J has not yet returned of those before; a collection is asked for after every 128 MiB of values.
   *
   * @param consumer gets every batch's rows in turn, all of the same layers and widths; they are freed when it returns
   * @throws IllegalArgumentException as {@link #record} does
   */
  public void forEach(Iterable<? extends I> batches, Consumer<? super Activations> consumer) {
    pooled(batches, rows -> {
      try (rows) {
        consumer.accept(rows);
      }
    });
  }

  private void pooled(Iterable<? extends I> batches, Consumer<Activations> consumer) {
    List<String> layers = LayerPatterns.select(patterns, source.activationNames());
    Map<String, String> types = new LinkedHashMap<>();
    int[] batch = {0};
    int[] samples = {0};
    long[] bytes = {0};
    workers.forEach(batches, input -> source.run(input, layers), outputs -> {
      requireSameTypes(types, outputs, batch[0]++);
      bytes[0] += outputs.byLayer().values().stream().mapToLong(value -> value.length() * value.dataType().width()).sum();
      int first = samples[0];
      samples[0] += outputs.samples();
      List<String> ids = outputs.sampleIds().isEmpty()
          ? IntStream.range(first, samples[0]).mapToObj(Integer::toString).toList() : outputs.sampleIds();
      consumer.accept(PooledRows.of(outputs, pooling, ids));
      if (bytes[0] >= COLLECT_AFTER) {
        Nd4j.getMemoryManager().invokeGc();
        bytes[0] = 0;
      }
    });
    if (batch[0] == 0) {
      throw new IllegalArgumentException("no batch to record; was the iterator used up?");
    }
  }

  private static void requireSameTypes(Map<String, String> types, LayerOutputs outputs, int batch) {
    outputs.byLayer().forEach((layer, value) -> {
      String type = "%d wide and %s".formatted(value.size(-1), value.dataType());
      String before = types.putIfAbsent(layer, type);
      if (before != null && !before.equals(type)) {
        throw new IllegalArgumentException("layer \"%s\" is %s in batch %d but %s in those before; record batches of one shape"
            .formatted(layer, type, batch, before));
      }
    });
  }

  private static INDArray join(List<INDArray> parts) {
    if (parts.size() == 1 && !parts.get(0).isView()) {
      return parts.get(0);
    }
    INDArray joined = parts.size() == 1 ? parts.get(0).dup('c') : Nd4j.concat(0, parts.toArray(INDArray[]::new));
    parts.forEach(ArrayMemory::free);
    return joined;
  }
}
