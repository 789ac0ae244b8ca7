package io.modelweave.core.dl4j;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What recording needs of a network, so that the two kinds of them look alike. */
interface ForwardPass {

  /** Returns the format of every layer that can be recorded, in the order of computation. */
  Map<String, LayerFormat> formats();

  /** Returns how many arrays an input has. */
  int inputs();

  /**
   * Returns the detached values of all layers up to and including {@code last}, and maybe more; what it was given is among them or not.
   *
   * @param masks one or null for each array of {@code features}
   */
  Map<String, INDArray> run(INDArray[] features, @Nullable INDArray[] masks, String last);
}
