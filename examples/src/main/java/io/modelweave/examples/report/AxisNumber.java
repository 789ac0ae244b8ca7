package io.modelweave.examples.report;

import java.math.BigDecimal;
import java.math.MathContext;

/** Numbers at axis ticks: short, without exponents or trailing zeros. */
final class AxisNumber {

  private AxisNumber() {}

  static String text(double value) {
    return value == 0 ? "0" : new BigDecimal(value).round(new MathContext(6)).stripTrailingZeros().toPlainString();
  }
}
