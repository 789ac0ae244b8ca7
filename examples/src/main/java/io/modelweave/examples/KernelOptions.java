package io.modelweave.examples;

import io.modelweave.cka.Bandwidth;
import io.modelweave.cka.Kernel;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that make a kernel of CKA. */
final class KernelOptions {

  /** The families of kernels. */
  enum Family {
    LINEAR, RBF, LAPLACIAN, POLYNOMIAL, COSINE
  }

  @Option(names = "--kernel", paramLabel = "NAME", description = "linear, rbf, laplacian, polynomial or cosine (default: linear).")
  private @Nullable Family family;

  @Option(names = "--bandwidth", paramLabel = "RULE", converter = BandwidthConverter.class,
      description = "Of rbf and laplacian: sigma, or its rule for each side: " + BandwidthConverter.RULES
          + " (default: median, of the distances of all pairs).")
  private @Nullable Bandwidth bandwidth;

  @Option(names = "--degree", paramLabel = "N", description = "Of polynomial (default: 3).")
  private @Nullable Integer degree;

  KernelOptions() {}

  boolean given() {
    return family != null || bandwidth != null || degree != null;
  }

  /**
   * Returns the kernel.
   *
   * @param named the family that the request names elsewhere, if it does
   * @throws IllegalArgumentException if options contradict each other
   */
  Kernel kernel(@Nullable Family named) {
    if (named != null && family != null && named != family) {
      throw new IllegalArgumentException("the metric has the kernel %s, but --kernel is %s; drop one".formatted(text(named), text(family)));
    }
    Family chosen = family != null ? family : named != null ? named : Family.LINEAR;
    if (bandwidth != null && chosen != Family.RBF && chosen != Family.LAPLACIAN) {
      throw new IllegalArgumentException("--bandwidth is of the kernels rbf and laplacian, but the kernel is %s".formatted(text(chosen)));
    }
    if (degree != null && chosen != Family.POLYNOMIAL) {
      throw new IllegalArgumentException("--degree is of the kernel polynomial, but the kernel is %s".formatted(text(chosen)));
    }
    Bandwidth rule = bandwidth != null ? bandwidth : Bandwidth.median();
    return switch (chosen) {
      case LINEAR -> Kernel.linear();
      case RBF -> Kernel.rbf(rule);
      case LAPLACIAN -> Kernel.laplacian(rule);
      case POLYNOMIAL -> Kernel.polynomial(degree != null ? degree : 3);
      case COSINE -> Kernel.cosine();
    };
  }

  private static String text(Family family) {
    return family.name().toLowerCase(Locale.ROOT);
  }
}
