package io.modelweave.cka;

/** How a Gram matrix is held while layers are compared. */
enum GramForm {
  /** Whichever of the others costs less for the shapes at hand. */
  CHEAPER,
  /** As the features {@code [n, d]} it is the product of: for many samples of narrow layers. */
  FACTORED,
  /** As the strict upper triangle of {@code [n, n]}: for few samples of wide layers. */
  TRIANGULAR
}
