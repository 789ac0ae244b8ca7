package io.modelweave.examples.report;

import java.math.BigDecimal;
import java.math.MathContext;

/** Numbers at axis ticks: short, without exponents or trailing zeros. */
final class AxisNumber {

  private AxisNumber() {}

  static String text(double value) {
    if (value == 0 || !Double.isFinite(value)) {
      return value == 0 ? "0" : Double.toString(value);
    }
    return new BigDecimal(value).round(new MathContext(12)).stripTrailingZeros().toPlainString();
  }
}
