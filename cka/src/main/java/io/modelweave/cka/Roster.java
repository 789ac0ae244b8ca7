package io.modelweave.cka;

import static java.util.Objects.requireNonNull;

import io.modelweave.core.Activations;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which layers an accumulator is of, how wide they are, and which samples it has. */
final class Roster {

  private final Map<String, Integer> widthsA;
  private final Map<String, Integer> widthsB;
  private final Set<String> samples = new LinkedHashSet<>();

  private Roster(Map<String, Integer> widthsA, Map<String, Integer> widthsB) {
    this.widthsA = widthsA;
    this.widthsB = widthsB;
  }

  static Roster of(Activations a, Activations b) {
    return new Roster(widths(a), widths(b));
  }

  static Roster read(AccumulatorState.Reader state) throws IOException {
    Roster roster = new Roster(readWidths(state), readWidths(state));
    roster.samples.addAll(state.strings());
    return roster;
  }

  void write(AccumulatorState.Writer state) throws IOException {
    for (Map<String, Integer> widths : List.of(widthsA, widthsB)) {
      state.strings(widths.keySet()).doubles(widths.values().stream().mapToDouble(width -> width).toArray());
    }
    state.strings(samples);
  }

  private static Map<String, Integer> readWidths(AccumulatorState.Reader state) throws IOException {
    List<String> names = state.strings();
    double[] widths = state.doubles();
    Map<String, Integer> byName = new LinkedHashMap<>();
    for (int i = 0; i < widths.length; i++) {
      byName.put(names.get(i), (int) widths[i]);
    }
    return byName;
  }

  private static Map<String, Integer> widths(Activations activations) {
    Map<String, Integer> widths = new LinkedHashMap<>();
    activations.layers().forEach(layer -> widths.put(layer, (int) activations.get(layer).size(1)));
    return widths;
  }

  List<String> layersA() {
    return List.copyOf(widthsA.keySet());
  }

  List<String> layersB() {
    return List.copyOf(widthsB.keySet());
  }

  List<Integer> widthsA() {
    return List.copyOf(widthsA.values());
  }

  List<Integer> widthsB() {
    return List.copyOf(widthsB.values());
  }

  /** Returns a roster of the same layers that has no samples. */
  Roster withoutSamples() {
    return new Roster(widthsA, widthsB);
  }

  int widthA(int i) {
    return widthsA().get(i);
  }

  int widthB(int j) {
    return widthsB().get(j);
  }

  int samples() {
    return samples.size();
  }

  /** Returns normally if another roster has the same layers in the same order and none of these samples. */
  void requireNew(Roster other) {
    requireSame("a", widthsA, other.widthsA);
    requireSame("b", widthsB, other.widthsB);
    for (String id : other.samples) {
      if (samples.contains(id)) {
        throw new IllegalArgumentException(
            ("sample \"%s\" was added before: copies of a sample look like similarity; "
                + "give each its own id, as in Activations.of(layers, ids)").formatted(id));
      }
    }
  }

  private static void requireSame(String model, Map<String, Integer> mine, Map<String, Integer> theirs) {
    if (!List.copyOf(mine.entrySet()).equals(List.copyOf(theirs.entrySet()))) {
      throw new IllegalArgumentException(
          "the layers of %s and their widths are %s, but were %s before; record the same layers in every batch"
              .formatted(model, theirs, mine));
    }
  }

  /** Returns the roster of one batch, with its samples. */
  static Roster ofBatch(Activations a, Activations b) {
    requireNonNull(a, "a").requireSameSamples(requireNonNull(b, "b"));
    Roster roster = of(a, b);
    for (String id : a.sampleIds()) {
      if (!roster.samples.add(id)) {
        throw new IllegalArgumentException("sample \"%s\" is in the batch twice".formatted(id));
      }
    }
    return roster;
  }

  void add(Roster other) {
    samples.addAll(other.samples);
  }
}
