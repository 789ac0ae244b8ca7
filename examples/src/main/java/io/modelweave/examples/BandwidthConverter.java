package io.modelweave.examples;

import io.modelweave.cka.Bandwidth;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleFunction;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a bandwidth: a number, or the name of a rule with, after a colon, the factor of those that have one. */
final class BandwidthConverter implements ITypeConverter<Bandwidth> {

  static final String RULES = "median[:F], kornblith[:T], lower-kornblith[:T], median-of-squares[:F], lower-median-of-squares[:F], "
      + "half-lower-median-of-squares, half-mean-of-squares, half-width, dual-median";

  private static final Map<String, DoubleFunction<Bandwidth>> WITH_FACTOR = new LinkedHashMap<>();
  private static final Map<String, Bandwidth> WITHOUT = Map.of("half-lower-median-of-squares", Bandwidth.halfLowerMedianOfSquares(),
      "half-mean-of-squares", Bandwidth.halfMeanOfSquares(), "half-width", Bandwidth.halfWidth(), "dual-median", Bandwidth.dualMedian());

  static {
    WITH_FACTOR.put("median", Bandwidth::median);
    WITH_FACTOR.put("kornblith", Bandwidth::kornblith);
    WITH_FACTOR.put("lower-kornblith", Bandwidth::lowerKornblith);
    WITH_FACTOR.put("median-of-squares", Bandwidth::medianOfSquares);
    WITH_FACTOR.put("lower-median-of-squares", Bandwidth::lowerMedianOfSquares);
  }

  @Override
  public Bandwidth convert(String text) {
    try {
      return parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }

  private static Bandwidth parse(String text) {
    int colon = text.indexOf(':');
    String name = colon < 0 ? text : text.substring(0, colon);
    DoubleFunction<Bandwidth> rule = WITH_FACTOR.get(name);
    if (rule != null) {
      return rule.apply(colon < 0 ? 1 : number(text.substring(colon + 1), text));
    }
    Bandwidth fixed = WITHOUT.get(text);
    return fixed != null ? fixed : Bandwidth.fixed(number(text, text));
  }

  private static double number(String number, String text) {
    try {
      return Double.parseDouble(number);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("\"%s\" is no bandwidth: give a number or one of %s".formatted(text, RULES), e);
    }
  }
}
