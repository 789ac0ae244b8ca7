package io.modelweave.merge.method;

import java.util.Optional;

/**
 * A number or a switch that a method reads for every tensor, and for every model if it says so.
 *
 * @param name as in recipes, such as {@code "density"}
 * @param kind what values mean
 * @param perModel whether each model has its own value
 * @param defaultValue what holds if nothing is said; NaN if something must be. A switch is 1 or 0
 * @param low the smallest value allowed
 * @param high the largest value allowed
 */
public record Parameter(String name, Kind kind, boolean perModel, double defaultValue, double low, double high) {

  /** What a value means. */
  public enum Kind {
    /** Any number within the bounds. */
    NUMBER,
    /** A whole number within the bounds. */
    INTEGER,
    /** 1 for on, 0 for off. */
    FLAG
  }

  /** Returns a number that every model has one of. */
  public static Parameter ofModel(String name, double defaultValue, double low, double high) {
    return new Parameter(name, Kind.NUMBER, true, defaultValue, low, high);
  }

  /** Returns a number. */
  public static Parameter number(String name, double defaultValue, double low, double high) {
    return new Parameter(name, Kind.NUMBER, false, defaultValue, low, high);
  }

  /** Returns a whole number. */
  public static Parameter integer(String name, int defaultValue, int low, int high) {
    return new Parameter(name, Kind.INTEGER, false, defaultValue, low, high);
  }

  /** Returns a switch. */
  public static Parameter flag(String name, boolean defaultValue) {
    return new Parameter(name, Kind.FLAG, false, defaultValue ? 1 : 0, 0, 1);
  }

  /** Returns the weight of each model: any finite number, negative ones included. */
  public static Parameter weight(double defaultValue) {
    return ofModel("weight", defaultValue, -Double.MAX_VALUE, Double.MAX_VALUE);
  }

  /** Returns whether a value must be given. */
  public boolean required() {
    return Double.isNaN(defaultValue);
  }

  /** Returns what is wrong with a value; empty if nothing is. */
  public Optional<String> problemWith(double value) {
    if (!(value >= low && value <= high)) {
      return Optional.of("%s is %s, outside %s".formatted(name, value, range()));
    }
    return kind == Kind.NUMBER || value == Math.rint(value) ? Optional.empty() : Optional.of("%s is %s, not a whole number".formatted(name,
        value));
  }

  private String range() {
    return kind == Kind.FLAG ? "{0, 1}" : "[%s, %s]".formatted(bound(low), bound(high));
  }

  private static String bound(double value) {
    return Math.abs(value) == Double.MAX_VALUE ? (value < 0 ? "-inf" : "inf") : Double.toString(value);
  }
}
