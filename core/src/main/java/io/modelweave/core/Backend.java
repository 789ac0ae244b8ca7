package io.modelweave.core;

import org.nd4j.linalg.api.ops.executioner.OpExecutioner;
import org.nd4j.linalg.factory.Nd4j;

/** The ND4J backend on the class path: the user's choice, and the first thing that can be missing. */
public final class Backend {

  private Backend() {}

  /**
   * Returns whether arrays live in the memory of the host, where Java code reads them at the price of a copy: not on a GPU.
   *
   * @throws IllegalStateException as {@link #require}
   */
  public static boolean isOnHost() {
    require();
    return Nd4j.getExecutioner().type() != OpExecutioner.ExecutionerType.CUDA;
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
