package io.modelweave.benchmarks.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** A figure has ink where the curve goes: an empty plot would be committed unseen. */
class CurveChartTest {

  private static final int BLUE = 0xFF0072B2;

  private static Curve curve(double[] x, double slope) {
    return new Curve("samples", "CKA", "samples", List.of(new Curve.Series("linear", IntStream.range(0, x.length)
        .mapToObj(i -> new Curve.Point(x[i], 3 * Math.pow(x[i], slope), Math.pow(x[i], slope), 100 + i)).toList())));
  }

  @Test
  void should_draw_time_rising_to_the_right() throws IOException {
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(CurveChart.time(curve(new double[] {128, 256, 512, 1024}, 2))));

    assertThat(highest(image, 0, image.getWidth() / 2)).isGreaterThan(highest(image, image.getWidth() / 2, image.getWidth()));
  }

  @Test
  void should_draw_memory_and_a_curve_of_one_point() throws IOException {
    assertThat(ImageIO.read(new ByteArrayInputStream(CurveChart.memory(curve(new double[] {33.5, 67, 134}, 1)))).getWidth()).isEqualTo(1000);
    assertThat(ImageIO.read(new ByteArrayInputStream(CurveChart.time(curve(new double[] {1}, 1)))).getWidth()).isEqualTo(1000);
  }

  /** The row of the uppermost point of the first series between two columns. */
  private static int highest(BufferedImage image, int from, int to) {
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = from; x < to; x++) {
        if (image.getRGB(x, y) == BLUE) {
          return y;
        }
      }
    }
    throw new AssertionError("no ink between columns %d and %d".formatted(from, to));
  }
}
