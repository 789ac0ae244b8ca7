package io.modelweave.examples.paper.experiment;

import static io.modelweave.examples.paper.experiment.Finding.text;

import io.modelweave.cka.Cka;
import io.modelweave.cka.CkaMatrix;
import io.modelweave.core.Activations;
import io.modelweave.core.text.TokenStream;
import io.modelweave.examples.paper.lab.Laboratory;
import io.modelweave.examples.paper.lab.Lineage;
import io.modelweave.examples.paper.lab.Models.Pair;
import io.modelweave.examples.paper.lab.Snapshots;
import io.modelweave.examples.report.HeatMap;
import io.modelweave.examples.report.LineChart;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Which layers are alike, within a specialist, across the two, and after merging? The paper's figure 6. */
final class LayerMaps implements Experiment {

  /**
   * CKA of every layer with every layer on the target.
   *
   * @param debiased rows by columns
   * @param biased rows by columns
   */
  record LayerMap(double[][] debiased, double[][] biased) {

    static LayerMap of(CkaMatrix matrix) {
      int rows = matrix.layersA().size();
      int columns = matrix.layersB().size();
      double[][] debiased = new double[rows][columns];
      double[][] biased = new double[rows][columns];
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
          debiased[i][j] = matrix.score(i, j).value();
          biased[i][j] = matrix.score(i, j).biased();
        }
      }
      return new LayerMap(debiased, biased);
    }

    /** Returns the mean debiased CKA of blocks so many layers apart. */
    double atDistance(int distance) {
      return withDistance(d -> d == distance);
    }

    double withDistance(IntPredicate wanted) {
      int layers = debiased.length;
      return IntStream.range(0, layers * layers).filter(i -> wanted.test(Math.abs(i / layers - i % layers)))
          .mapToDouble(i -> debiased[i / layers][i % layers]).average().orElse(Double.NaN);
    }
  }

  /**
   * The maps of the last specialists.
   *
   * @param maths of the maths specialist with itself
   * @param code of the code specialist with itself
   * @param across of the maths specialist (rows) with the code specialist
   * @param merge of the merge at alpha 0.5 with itself
   * @param mathsWithMerge of the maths specialist (rows) with the merge
   * @param codeWithMerge of the code specialist (rows) with the merge
   */
  record Maps(LayerMap maths, LayerMap code, LayerMap across, LayerMap merge, LayerMap mathsWithMerge, LayerMap codeWithMerge) {}

  @Override
  public Section run(Laboratory lab) {
    Lineage lineage = lab.recipe().overTime();
    Maps maps = lab.atSteps("layer-maps", lineage, List.of(lineage.steps()), Maps.class, (step, pair) -> measure(lab, pair)).get(0);
    return new Section("layers", "Layers with layers", List.of(
        figure("layer-cka-maths", "every block of the last maths specialist with every other", maps.maths(), "maths", "maths",
            "In the paper (fig. 6) CKA falls with the distance between layers."),
        figure("layer-cka-code", "every block of the last code specialist with every other", maps.code(), "code", "code",
            "In the paper (fig. 6) likewise."),
        figure("layer-cka", "every block of the last maths specialist with every block of the last code specialist", maps.across(), "maths",
            "code", "In the paper (fig. 6) it falls with the distance between layers across models, too."),
        figure("layer-cka-merge", "every block of the merge at alpha 0.5 with every other", maps.merge(), "merge", "merge",
            "The paper compares before merging only; its reviewers asked for after."),
        figure("layer-cka-maths-merge", "every block of the maths specialist with every block of the merge", maps.mathsWithMerge(), "maths",
            "merge", "Not in the paper."),
        figure("layer-cka-code-merge", "every block of the code specialist with every block of the merge", maps.codeWithMerge(), "code",
            "merge", "Not in the paper."),
        new Figure("layer-cka-distance", "Mean CKA (debiased) of blocks so many layers apart, within each specialist and across the two; "
            + "within, distance 0 is a block with itself.", "The paper says that both fall; it has the maps only.", chart(maps)::write)),
        List.of(distances(maps), table(maps)),
        List.of(distance("within the maths specialist", maps.maths()), distance("within the code specialist", maps.code()),
            distance("across specialists", maps.across())), maps);
  }

  private static Maps measure(Laboratory lab, Pair pair) {
    TokenStream target = lab.data().target().validation();
    Activations maths = lab.evaluation().activations(pair.maths(), target);
    Activations code = lab.evaluation().activations(pair.code(), target);
    Activations merge = lab.evaluation().activations(Snapshots.middle(pair), target);
    Cka cka = Cka.linear();
    return new Maps(LayerMap.of(cka.heatMap(maths)), LayerMap.of(cka.heatMap(code)), LayerMap.of(cka.heatMap(maths, code)),
        LayerMap.of(cka.heatMap(merge)), LayerMap.of(cka.heatMap(maths, merge)), LayerMap.of(cka.heatMap(code, merge)));
  }

  private static Figure figure(String name, String what, LayerMap map, String rows, String columns, String paper) {
    return new Figure(name, "CKA (debiased) of %s, on the target.".formatted(what), paper,
        new HeatMap("CKA of %s (rows) and %s (columns)".formatted(rows, columns), "block of %s".formatted(columns),
            "block of %s".formatted(rows)).values(map.debiased())::write);
  }

  private static LineChart chart(Maps maps) {
    double[] distances = IntStream.range(0, maps.maths().debiased().length).asDoubleStream().toArray();
    LineChart chart = new LineChart("CKA over the distance of blocks", "layers apart", "mean CKA, debiased");
    series(maps).forEach((name, map) -> chart.series(name, distances,
        Arrays.stream(distances).map(d -> map.atDistance((int) d)).toArray()));
    return chart;
  }

  private static Map<String, LayerMap> series(Maps maps) {
    Map<String, LayerMap> series = new LinkedHashMap<>();
    series.put("within maths", maps.maths());
    series.put("within code", maps.code());
    series.put("across", maps.across());
    return series;
  }

  private static Table distances(Maps maps) {
    Map<String, LayerMap> series = series(maps);
    List<String> header = new ArrayList<>(List.of("layers apart"));
    header.addAll(series.keySet());
    List<List<Object>> rows = new ArrayList<>();
    for (int distance = 0; distance < maps.maths().debiased().length; distance++) {
      List<Object> row = new ArrayList<>(List.of(distance));
      for (LayerMap map : series.values()) {
        row.add(map.atDistance(distance));
      }
      rows.add(row);
    }
    return new Table("layer-cka-distance", "Mean CKA (debiased) of blocks so many layers apart, on the target.", header, rows);
  }

  private static Table table(Maps maps) {
    List<List<Object>> rows = new ArrayList<>();
    add(rows, "maths", "maths", maps.maths());
    add(rows, "code", "code", maps.code());
    add(rows, "maths", "code", maps.across());
    add(rows, "merge", "merge", maps.merge());
    add(rows, "maths", "merge", maps.mathsWithMerge());
    add(rows, "code", "merge", maps.codeWithMerge());
    return new Table("layer-cka", "CKA of blocks with blocks on the target.",
        List.of("model a", "model b", "block of a", "block of b", "debiased", "biased"), rows);
  }

  private static void add(List<List<Object>> rows, String a, String b, LayerMap map) {
    for (int i = 0; i < map.debiased().length; i++) {
      for (int j = 0; j < map.debiased()[i].length; j++) {
        rows.add(List.of(a, b, i, j, map.debiased()[i][j], map.biased()[i][j]));
      }
    }
  }

  private static Finding distance(String where, LayerMap map) {
    int half = (map.debiased().length + 1) / 2;
    double near = map.atDistance(1);
    double far = map.withDistance(d -> d >= half);
    return new Finding(far < near, "layers are less alike the further apart they are, " + where,
        "mean CKA of blocks at least half the depth apart is below that of neighbours", "heat maps fade away from the diagonal",
        text("CKA %.3f of neighbours, %.3f of blocks %d or more layers apart", near, far, half));
  }
}
