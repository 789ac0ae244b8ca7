package io.modelweave.benchmarks.suite;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import org.apache.commons.csv.CSVRecord;

/**
 * One case beside one peer, or alone.
 *
 * @param milliseconds median of ours; {@code NaN} if there is none
 * @param spread half the distance of the extremes, as a part of the median
 * @param peakMegabytes largest resident memory, 0 if nobody looked
 * @param peer name of the peer, empty if there is none
 * @param floorMilliseconds see {@link Work#floorMilliseconds}; {@code NaN} if unknown
 * @param perSecond how many of {@code unit} ours handles in a second; {@code NaN} if that says nothing
 */
record ResultRow(String benchmark, Case measured, double milliseconds, double spread, long peakMegabytes, String peer,
    double peerMilliseconds, double peerSpread, long peerPeakMegabytes, double floorMilliseconds, double perSecond, String unit) {

  static final List<String> COLUMNS = List.of("benchmark", "case", "milliseconds", "spread", "peak MB", "peer", "peer milliseconds",
      "peer spread", "peer peak MB", "ratio", "floor milliseconds", "of the floor", "per second", "unit");

  private static final MathContext DIGITS = new MathContext(5);

  /** Returns our time by the peer's: below 1, ours is faster. */
  double ratio() {
    return milliseconds / peerMilliseconds;
  }

  /** Returns which part of our time the floor is: 1 cannot be beaten. */
  double ofTheFloor() {
    return floorMilliseconds / milliseconds;
  }

  String name() {
    return benchmark + " " + measured;
  }

  List<String> cells() {
    return List.of(benchmark, measured.toString(), cell(milliseconds), cell(spread), cell(peakMegabytes), peer, cell(peerMilliseconds),
        cell(peerSpread), cell(peerPeakMegabytes), cell(ratio()), cell(floorMilliseconds), cell(ofTheFloor()), cell(perSecond), unit);
  }

  static String cell(double value) {
    return Double.isNaN(value) ? "" : new BigDecimal(value).round(DIGITS).stripTrailingZeros().toPlainString();
  }

  static String cell(long value) {
    return value == 0 ? "" : Long.toString(value);
  }

  /** Reads what {@link #cells} writes; derived columns are reckoned anew. */
  static ResultRow of(CSVRecord line) {
    return new ResultRow(line.get("benchmark"), Case.parse(line.get("case")), number(line, "milliseconds"), number(line, "spread"),
        whole(line, "peak MB"), line.get("peer"), number(line, "peer milliseconds"), number(line, "peer spread"),
        whole(line, "peer peak MB"), number(line, "floor milliseconds"), number(line, "per second"), line.get("unit"));
  }

  private static double number(CSVRecord line, String column) {
    String cell = line.get(column);
    return cell.isEmpty() ? Double.NaN : Double.parseDouble(cell);
  }

  private static long whole(CSVRecord line, String column) {
    String cell = line.get(column);
    return cell.isEmpty() ? 0 : Long.parseLong(cell);
  }
}
