package io.modelweave.examples.report;

import java.awt.geom.Line2D;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Puts each label on the side of its point where it covers least: points, lines and labels placed before it. Greedy. */
final class LabelPlacement {

  /** About what is left for the plot within the figure; labels need no exact pixels. */
  static final double PLOT_WIDTH = 530;
  static final double PLOT_HEIGHT = 330;

  private static final double CHARACTER = 11;
  private static final double LINE = 20;
  private static final double GAP = 9;
  private static final int[][] SIDES = {{0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};

  private LabelPlacement() {}

  /**
   * Returns the centre of each label, in the units of the points.
   *
   * @param starts indices of points that no line leads to from the one before
   */
  static List<Point2D> place(List<Point2D> points, List<String> labels, Set<Integer> starts) {
    List<Line2D> lines = new ArrayList<>();
    for (int i = 1; i < points.size(); i++) {
      if (!starts.contains(i)) {
        lines.add(new Line2D.Double(points.get(i - 1), points.get(i)));
      }
    }
    List<Rectangle2D> taken = new ArrayList<>();
    List<Point2D> centres = new ArrayList<>();
    for (int i = 0; i < points.size(); i++) {
      Rectangle2D best = null;
      double least = Double.POSITIVE_INFINITY;
      for (double distance : new double[] {1, 2, 3}) {
        for (int[] side : SIDES) {
          Rectangle2D box = box(points.get(i), labels.get(i), side, distance);
          double cost = cost(box, points, lines, taken) + distance * 0.5;
          if (cost < least) {
            least = cost;
            best = box;
          }
        }
      }
      Rectangle2D chosen = java.util.Objects.requireNonNull(best);
      taken.add(labels.get(i).isEmpty() ? new Rectangle2D.Double() : chosen);
      centres.add(new Point2D.Double(chosen.getCenterX(), chosen.getCenterY()));
    }
    return centres;
  }

  private static Rectangle2D box(Point2D point, String label, int[] side, double distance) {
    double width = label.length() * CHARACTER;
    double x = point.getX() + side[0] * (width / 2 + GAP * distance);
    double y = point.getY() + side[1] * (LINE / 2 + GAP * distance);
    return new Rectangle2D.Double(x - width / 2, y - LINE / 2, width, LINE);
  }

  private static double cost(Rectangle2D box, List<Point2D> points, List<Line2D> lines, List<Rectangle2D> taken) {
    Rectangle2D room = new Rectangle2D.Double(box.getX() - 4, box.getY() - 4, box.getWidth() + 8, box.getHeight() + 8);
    double cost = new Rectangle2D.Double(0, 0, PLOT_WIDTH, PLOT_HEIGHT).contains(box) ? 0 : 20;
    cost += 8.0 * taken.stream().filter(room::intersects).count();
    cost += 8.0 * points.stream().filter(room::contains).count();
    cost += 3.0 * lines.stream().filter(box::intersectsLine).count();
    return cost;
  }
}
