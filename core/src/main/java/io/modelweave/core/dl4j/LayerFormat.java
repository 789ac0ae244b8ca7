package io.modelweave.core.dl4j;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.RepeatVector;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.TimeDistributed;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * In which order a layer's values have their axes. DL4J's own order is {@code [B, d, T]} and {@code [B, c, h, w]}.
 *
 * @param sequence of values of rank 3
 * @param image of values of rank 4
 */
record LayerFormat(RNNFormat sequence, CNN2DFormat image) {

  static final LayerFormat DEFAULT = new LayerFormat(RNNFormat.NCW, CNN2DFormat.NCHW);

  /** Returns the format that a layer declares; what it does not declare is as in the layer before, which is this. */
  LayerFormat after(@Nullable Layer layer) {
    if (layer instanceof FrozenLayer frozen) {
      return after(frozen.getLayer());
    }
    if (layer instanceof BaseWrapperLayer wrapper) {
      return after(wrapper.getUnderlying());
    }
    RNNFormat declaredSequence = sequence(layer);
    CNN2DFormat declaredImage = image(layer);
    return new LayerFormat(declaredSequence == null ? sequence : declaredSequence, declaredImage == null ? image : declaredImage);
  }

  private static @Nullable RNNFormat sequence(@Nullable Layer layer) {
    if (layer instanceof BaseRecurrentLayer recurrent) {
      return recurrent.getRnnDataFormat();
    } else if (layer instanceof Bidirectional bidirectional) {
      return bidirectional.getRNNDataFormat();
    } else if (layer instanceof RnnOutputLayer output) {
      return output.getRnnDataFormat();
    } else if (layer instanceof RnnLossLayer loss) {
      return loss.getRnnDataFormat();
    } else if (layer instanceof Convolution1DLayer convolution) {
      return convolution.getRnnDataFormat();
    } else if (layer instanceof EmbeddingSequenceLayer embedding) {
      return embedding.getOutputFormat();
    } else if (layer instanceof TimeDistributed distributed) {
      return distributed.getRnnDataFormat();
    } else if (layer instanceof RepeatVector repeat) {
      return repeat.getDataFormat();
    }
    return null;
  }

  private static @Nullable CNN2DFormat image(@Nullable Layer layer) {
    if (layer instanceof ConvolutionLayer convolution) {
      return convolution.getCnn2dDataFormat();
    } else if (layer instanceof SubsamplingLayer subsampling) {
      return subsampling.getCnn2dDataFormat();
    } else if (layer instanceof BatchNormalization normalization) {
      return normalization.getCnn2DFormat();
    }
    return null;
  }

  /**
   * Returns a row-major copy as {@code [B, T, d]} or {@code [B, d]}.
   *
   * @param value of any rank from 2; not modified
   * @param imagesAsTokens whether {@code [B, c, h, w]} becomes {@code [B, h * w, c]} rather than {@code [B, c * h * w]}
   */
  INDArray toRows(INDArray value, boolean imagesAsTokens) {
    if (value.rank() == 3 && sequence == RNNFormat.NCW) {
      return value.permute(0, 2, 1).dup('c');
    }
    if (value.rank() <= 3) {
      return value.dup('c');
    }
    long batch = value.size(0);
    if (value.rank() == 4 && imagesAsTokens) {
      INDArray channelsLast = (image == CNN2DFormat.NCHW ? value.permute(0, 2, 3, 1) : value).dup('c');
      return channelsLast.reshape(batch, channelsLast.size(1) * channelsLast.size(2), channelsLast.size(3));
    }
    return value.dup('c').reshape(batch, value.length() / batch);
  }
}
