package io.modelweave.core.dl4j;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The features of one batch.
 *
 * @param features one array for each input of the network
 * @param masks one {@code [B, T]} or null for each of them
 */
record NetworkInput(INDArray[] features, @Nullable INDArray[] masks) {

  static NetworkInput of(INDArray features, @Nullable INDArray mask) {
    return new NetworkInput(new INDArray[] {features}, new INDArray[] {mask});
  }

  static NetworkInput of(INDArray[] features, @Nullable INDArray @Nullable [] masks) {
    return new NetworkInput(features, masks == null ? new INDArray[features.length] : masks);
  }

  /**
   * Returns normally if this fits a network.
   *
   * @throws IllegalArgumentException naming what does not
   */
  void require(int inputs) {
    if (features.length != inputs || masks.length != inputs) {
      throw new IllegalArgumentException("%d feature arrays and %d masks for a network of %d inputs; give one (or a null mask) for each"
          .formatted(features.length, masks.length, inputs));
    }
    for (int i = 0; i < inputs; i++) {
      INDArray mask = masks[i];
      INDArray values = features[i];
      boolean length = mask == null || values.rank() != 3 || mask.rank() == 2 && (mask.size(1) == values.size(2) || mask.size(1) == values.size(1));
      if (mask != null && (mask.rank() != 2 || mask.size(0) != values.size(0) || !length)) {
        throw new IllegalArgumentException("the mask of input %d is %s, but its features are %s; a mask must be [B, T]"
            .formatted(i, Arrays.toString(mask.shape()), Arrays.toString(values.shape())));
      }
    }
  }

  /**
   * Returns the one mask of the batch, or null if it has none.
   *
   * @throws IllegalArgumentException if inputs have different masks
   */
  @Nullable INDArray mask() {
    List<INDArray> given = Arrays.stream(masks).filter(Objects::nonNull).toList();
    for (INDArray mask : given) {
      if (!Arrays.equals(mask.shape(), given.get(0).shape()) || mask.neq(given.get(0)).any()) {
        throw new IllegalArgumentException("the inputs of the batch have different masks, of shapes %s; which positions to pool is not clear"
            .formatted(given.stream().map(m -> Arrays.toString(m.shape())).toList()));
      }
    }
    return given.isEmpty() ? null : given.get(0);
  }
}
