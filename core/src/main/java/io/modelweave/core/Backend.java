package io.modelweave.core;

import org.nd4j.linalg.api.ops.executioner.OpExecutioner;
import org.nd4j.linalg.factory.Nd4j;

/** The ND4J backend on the class path: the user's choice, and the first thing that can be missing. */
public final class Backend {

  /**
   * System property, read when a class first needs it: {@code true} leaves all that the backend can do to its operations, as on a GPU.
   * Results agree to rounding; tests of this library run both ways.
   */
  public static final String OPERATIONS_ONLY = "modelweave.operationsOnly";

  private Backend() {}

  /**
   * Returns whether Java code computes on arrays where it is faster than operations of the backend: they live in the memory of the host,
   * where it reads them at the price of a copy, not on a GPU, and {@value #OPERATIONS_ONLY} is not {@code true}.
   *
   * @throws IllegalStateException as {@link #require}
   */
  public static boolean usesHostCode() {
    require();
    return Nd4j.getExecutioner().type() != OpExecutioner.ExecutionerType.CUDA && !Boolean.getBoolean(OPERATIONS_ONLY);
  }

  /**
   * Returns the name of the backend that runs array operations, for instance {@code CpuBackend}.
   *
   * @throws IllegalStateException naming the artefacts to add, if there is none or it does not load
   */
  public static String require() {
    try {
      return Nd4j.getBackend().getClass().getSimpleName();
    } catch (ExceptionInInitializerError | NoClassDefFoundError missing) {
      throw new IllegalStateException(
          "no ND4J backend could be loaded: add org.nd4j:nd4j-native (CPU; classifier of your platform, e.g. linux-x86_64-avx2)"
              + " or org.nd4j:nd4j-cuda-11.6 (GPU) in the version of your nd4j-api to the class path", missing);
    }
  }
}
