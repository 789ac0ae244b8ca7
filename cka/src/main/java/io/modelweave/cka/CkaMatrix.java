package io.modelweave.cka;

import static java.util.Objects.requireNonNull;

import io.modelweave.cka.report.HeatMapPainter;
import io.modelweave.cka.report.MapText;
import io.modelweave.core.AtomicFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The scores of every layer of a (rows) against every layer of b (columns). Immutable.
 *
 * <p>Source: layer maps as in Kornblith et al. 2019, fig. 2, and, debiased, Nguyen et al. 2021.
 */
public final class CkaMatrix {

  private final List<String> layersA;
  private final List<String> layersB;
  private final Score[][] scores;
  private final boolean withinOneModel;
  private final String nameA;
  private final String nameB;

  CkaMatrix(List<String> layersA, List<String> layersB, Score[][] scores, boolean withinOneModel) {
    this(layersA, layersB, scores, withinOneModel, "a", "b");
  }

  private CkaMatrix(List<String> layersA, List<String> layersB, Score[][] scores, boolean withinOneModel, String nameA, String nameB) {
    this.layersA = List.copyOf(layersA);
    this.layersB = List.copyOf(layersB);
    this.scores = scores;
    this.withinOneModel = withinOneModel;
    this.nameA = nameA;
    this.nameB = nameB;
  }

  /** Returns the same map, whose picture calls the models by these names in place of {@code a} and {@code b}. */
  public CkaMatrix named(String a, String b) {
    return new CkaMatrix(layersA, layersB, scores, withinOneModel, requireNonNull(a, "a"), requireNonNull(b, "b"));
  }

  /** Returns the names of the rows. */
  public List<String> layersA() {
    return layersA;
  }

  /** Returns the names of the columns. */
  public List<String> layersB() {
    return layersB;
  }

  /**
   * Returns the score of row {@code i} and column {@code j}, both from 0.
   *
   * @throws IndexOutOfBoundsException if there is no such row or column
   */
  public Score score(int i, int j) {
    return scores[i][j];
  }

  /**
   * Returns the score of two layers by name.
   *
   * @throws IllegalArgumentException naming the layers there are, if one is not among them
   */
  public Score score(String layerA, String layerB) {
    return scores[index(layersA, layerA)][index(layersB, layerB)];
  }

  /**
   * Returns the value of row {@code i} and column {@code j}, both from 0: at most 1, or NaN if it is undefined.
   *
   * @throws IndexOutOfBoundsException if there is no such row or column
   */
  public double value(int i, int j) {
    return score(i, j).value();
  }

  /**
   * Returns the column with the largest value of row {@code i}, the first of equals; empty if the row has no value.
   *
   * @throws IndexOutOfBoundsException if there is no such row
   */
  public Optional<LayerMatch> bestMatch(int i) {
    int best = -1;
    for (int j = 0; j < layersB.size(); j++) {
      if (!Double.isNaN(value(i, j)) && (best < 0 || value(i, j) > value(i, best))) {
        best = j;
      }
    }
    return best < 0 ? Optional.empty() : Optional.of(new LayerMatch(layersA.get(i), layersB.get(best), score(i, best)));
  }

  /**
   * Returns the pair of layers with the largest value, the first of equals; empty if there is none.
   *
   * <p>A maximum of many is high by selection alone: {@link Cka#maximum} says how high.
   */
  public Optional<LayerMatch> maximum() {
    return bestMatches().stream().reduce((best, next) -> next.score().value() > best.score().value() ? next : best);
  }

  /** Returns the best match of each row that has one, in order: of a layer with itself, in a map within one model. */
  public List<LayerMatch> bestMatches() {
    return IntStream.range(0, layersA.size()).mapToObj(this::bestMatch).flatMap(Optional::stream).toList();
  }

  /**
   * Writes the values as a picture, titled with the number of samples. See {@link #writePng(Path, String)}.
   *
   * @throws java.io.UncheckedIOException if the file cannot be written
   */
  public void writePng(Path file) {
    Score first = score(0, 0);
    writePng(file, "CKA, %s, %s, %d samples".formatted(first.kernel(), first.estimator().name().toLowerCase(Locale.ROOT), first.n()));
  }

  /**
   * Writes the values as a picture: the first layer of a at the top, the first of b at the left.
   *
   * <p>Colours run from 0, or the least value if that is below, to 1 and can be told apart by the colour blind; undefined values
   * are grey and struck through. Small maps carry the numbers. Needs no display. The file is replaced whole or not at all.
   *
   * @throws java.io.UncheckedIOException if the file cannot be written
   */
  public void writePng(Path file, String title) {
    AtomicFile.write(requireNonNull(file, "file"), HeatMapPainter.png(this, requireNonNull(title, "title")));
  }

  /**
   * Writes one line for each pair of layers, after a header, as UTF-8 in the quoting of RFC 4180.
   *
   * <p>The columns are {@code layerA, layerB} and the numbers of {@link Score} by their names, at full precision, {@code NaN} where
   * undefined. The file is replaced whole or not at all.
   *
   * @throws java.io.UncheckedIOException if the file cannot be written
   */
  public void writeCsv(Path file) {
    AtomicFile.write(requireNonNull(file, "file"), new MapText(this).csv().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Writes {@link #toJson()} as UTF-8. The file is replaced whole or not at all.
   *
   * @throws java.io.UncheckedIOException if the file cannot be written
   */
  public void writeJson(Path file) {
    AtomicFile.write(requireNonNull(file, "file"), toJson().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Returns one JSON object: {@code kernel}, {@code estimator}, {@code n}, {@code layersA}, {@code layersB}, {@code values} (a row for each
   * layer of a) and {@code scores} (an object for each pair, with all numbers and warnings); null where undefined.
   */
  public String toJson() {
    return new MapText(this).json();
  }

  /** Returns the values, to three decimals, as a Markdown table; an undefined value is a dash. */
  public String toMarkdown() {
    return new MapText(this).markdown();
  }

  /** Returns what the picture calls the model of the rows. */
  public String nameA() {
    return nameA;
  }

  /** Returns what the picture calls the model of the columns. */
  public String nameB() {
    return nameB;
  }

  /** Returns whether rows and columns are the layers of the same model. */
  public boolean withinOneModel() {
    return withinOneModel;
  }

  @Override
  public String toString() {
    return "CkaMatrix[%d x %d layers, %d samples]".formatted(layersA.size(), layersB.size(), score(0, 0).n());
  }

  private static int index(List<String> layers, String name) {
    int index = layers.indexOf(requireNonNull(name, "layer"));
    if (index < 0) {
      throw new IllegalArgumentException("no layer \"%s\"; there are %s".formatted(name, layers));
    }
    return index;
  }
}
