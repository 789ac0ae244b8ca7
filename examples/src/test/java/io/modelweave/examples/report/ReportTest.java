package io.modelweave.examples.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {

  private static final double[] STEPS = {0, 5, 10, 20, 40, 80, 160, 320, 500};
  private static final double[] LOSS = {1.793, 1.75, 1.68, 1.56, 1.493, 1.53, 1.74, 1.931, 1.835};
  private static final double[] CKA = {1, 0.995, 0.99, 0.975, 0.95, 0.93, 0.9, 0.88, 0.875};
  private static final List<String> LABELS = List.of("0", "5", "10", "20", "40", "80", "160", "320", "500");

  @TempDir Path folder;

  @Test
  void should_draw_lines() throws IOException {
    Path file = folder.resolve("loss.png");

    new LineChart("Merged loss over fine-tuning", "fine-tuning step", "loss on the target, nats per token").logX()
        .series("interpolated", STEPS, LOSS).series("CKA", STEPS, CKA).mark("critical", 40).write(file);

    assertDrawn(file);
    try (var files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void should_draw_a_trajectory() throws IOException {
    Path file = folder.resolve("cka.png");

    new TrajectoryChart("Merged loss over similarity", "CKA", "loss").trajectory("run", CKA, LOSS, LABELS).write(file);

    assertDrawn(file);
  }

  @Test
  void should_draw_a_single_point_and_one_at_zero_only() {
    assertThat(new LineChart("t", "x", "y").series("s", new double[] {3}, new double[] {2}).png()).isNotEmpty();
    assertThat(new LineChart("t", "x", "y").logX().series("s", new double[] {0}, new double[] {2}).png()).isNotEmpty();
    assertThat(new TrajectoryChart("t", "x", "y").trajectory("s", new double[] {3}, new double[] {2}, List.of("a")).png()).isNotEmpty();
  }

  @Test
  void should_say_which_series_cannot_be_drawn() {
    LineChart chart = new LineChart("t", "x", "y");

    assertThatIllegalArgumentException().isThrownBy(chart::png).withMessageContaining("no series");
    assertThatIllegalArgumentException().isThrownBy(() -> chart.series("s", STEPS, new double[2])).withMessageContaining("\"s\" has 9 x and 2 y");
    assertThatIllegalArgumentException().isThrownBy(() -> chart.series("s", new double[] {1}, new double[] {Double.NaN})).withMessageContaining("(1.0, NaN) at position 0");
    assertThatIllegalArgumentException().isThrownBy(() -> chart.logX().series("s", new double[] {-1}, new double[] {1}).png()).withMessageContaining("negative x");
  }

  @Test
  void should_draw_dots_and_error_bars() throws IOException {
    Path dots = folder.resolve("dots.png");
    Path plain = folder.resolve("plain.png");
    Path bars = folder.resolve("bars.png");

    new DotChart("Kinds", "loss").dot("a", 1.5, 0.1).dot("b", 1.2, 0).write(dots);
    new LineChart("Windows", "n", "loss").series("a", new double[] {1, 2}, new double[] {2, 1}, new double[] {0, 0}).write(plain);
    new LineChart("Windows", "n", "loss").series("a", new double[] {1, 2}, new double[] {2, 1}, new double[] {0.2, 0.1}).write(bars);

    assertThat(ImageIO.read(dots.toFile()).getWidth()).isEqualTo(ChartStyle.DENSITY * ChartStyle.WIDTH);
    assertThat(Files.readAllBytes(bars)).isNotEqualTo(Files.readAllBytes(plain));
    assertThatThrownBy(() -> new DotChart("Kinds", "loss").dot("a", 1, -1)).hasMessageContaining("\"a\" has the errors [-1.0]");
    assertThatThrownBy(() -> new DotChart("Kinds", "loss").write(dots)).hasMessageContaining("no dot");
  }

  @Test
  void should_draw_a_matrix_with_its_first_row_at_the_top() throws IOException {
    Path map = folder.resolve("map.png");
    new HeatMap("CKA", "code", "maths").values(new double[][] {{1, 1, 1}, {0, 0, Double.NaN}, {0, 0, 0}}).write(map);

    BufferedImage image = ImageIO.read(map.toFile());
    assertThat(image.getRGB(300, 150)).isNotEqualTo(image.getRGB(300, 500));
    assertThatThrownBy(() -> new HeatMap("CKA", "code", "maths").row("0").column("0").cell(1, 0, 0.5))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void should_write_csv_in_full_precision() throws IOException {
    Path file = folder.resolve("t.csv");

    CsvFile.write(file, List.of("step", "loss", "note"), List.of(List.of(1, 0.1 + 0.2, "a, b"), List.of(2, 1e-9, "")));

    assertThat(Files.readString(file)).isEqualTo("step,loss,note\n1,0.30000000000000004,\"a, b\"\n2,1.0E-9,\n");
    assertThatIllegalArgumentException().isThrownBy(() -> CsvFile.write(file, List.of("a"), List.of(List.of(1, 2)))).withMessageContaining("row 0 has 2 cells");
  }

  @Test
  void should_write_json_and_keep_the_old_file_on_failure() throws IOException {
    Path file = folder.resolve("t.json");
    JsonFile.write(file, Map.of("loss", 1.5));

    assertThat(Files.readString(file)).isEqualToIgnoringWhitespace("{\"loss\": 1.5}");
    assertThatThrownBy(() -> JsonFile.write(file, new Object())).isInstanceOf(UncheckedIOException.class);
    assertThat(file).content().contains("1.5");
    assertThatThrownBy(() -> JsonFile.write(file.resolve("below.json"), 1)).isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void should_align_columns() {
    TextTable table = new TextTable("name", "parameters", "loss").row("embed", 1234567L, 0.5).row("w", 1, 12.25).row("total", "", "");

    assertThat(table).hasToString("""
        name   parameters     loss
        -----  ----------  -------
        embed   1,234,567   0.5000
        w               1  12.2500
        total
        """);
    assertThatIllegalArgumentException().isThrownBy(() -> table.row(1)).withMessageContaining("1 cells for the 3 columns");
  }

  private static void assertDrawn(Path png) throws IOException {
    BufferedImage image = ImageIO.read(png.toFile());
    assertThat(image.getWidth()).isEqualTo(ChartStyle.DENSITY * ChartStyle.WIDTH);
    assertThat(image.getHeight()).isGreaterThanOrEqualTo(ChartStyle.DENSITY * ChartStyle.HEIGHT);
    long blue = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        blue += (image.getRGB(x, y) & 0xFFFFFF) == 0x0072B2 ? 1 : 0;
      }
    }
    assertThat(blue).as("pixels of the first series").isGreaterThan(1000);
  }
}
