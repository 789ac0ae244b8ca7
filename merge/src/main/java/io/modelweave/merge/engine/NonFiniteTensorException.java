package io.modelweave.merge.engine;

/** A model holds NaN or infinity, or the output would: nothing has been written. */
public final class NonFiniteTensorException extends IllegalArgumentException {

  private static final long serialVersionUID = 1;

  /** Creates an exception. */
  public NonFiniteTensorException(String message) {
    super(message);
  }
}
