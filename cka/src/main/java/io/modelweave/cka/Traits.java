package io.modelweave.cka;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a {@link Similarity} promises about its values.
 *
 * @param largerIsMoreSimilar true for a similarity, false for a distance
 * @param symmetric whether exchanging x and y leaves the value as it was
 * @param lowest the smallest value there can be, up to rounding
 * @param highest the largest, up to rounding; may be infinite
 * @param invariances what leaves the value as it was, with all that this implies; what is not listed changes it
 */
public record Traits(boolean largerIsMoreSimilar, boolean symmetric, double lowest, double highest, Set<Invariance> invariances) {

  /** Completes the invariances by those that they imply. */
  public Traits {
    if (!(lowest < highest)) {
      throw new IllegalArgumentException("the range of a measure must not be empty, but is [%s, %s]".formatted(lowest, highest));
    }
    Set<Invariance> complete = EnumSet.noneOf(Invariance.class);
    invariances.forEach(invariance -> complete.addAll(invariance.implied()));
    invariances = Collections.unmodifiableSet(complete);
  }

  /** Returns the traits of a symmetric measure that grows with similarity. */
  public static Traits similarity(double lowest, double highest, Invariance... invariances) {
    return new Traits(true, true, lowest, highest, Set.of(invariances));
  }

  /** Returns the traits of a symmetric measure that is 0 for what it takes to be the same, and positive otherwise. */
  public static Traits distance(double highest, Invariance... invariances) {
    return new Traits(false, true, 0, highest, Set.of(invariances));
  }

  /** Returns these traits for a measure that depends on which side is x. */
  public Traits directed() {
    return new Traits(largerIsMoreSimilar, false, lowest, highest, invariances);
  }
}
