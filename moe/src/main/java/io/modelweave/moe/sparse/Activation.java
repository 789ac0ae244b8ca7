package io.modelweave.moe.sparse;

import io.modelweave.core.transformer.Gelu;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Erf;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Exp;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Sigmoid;
import org.nd4j.linalg.factory.Nd4j;

/** A non-linearity that is a product {@code x g(x)}, computed in place. */
enum Activation {
  /** {@code g = sigmoid(a x^3 + b x)}, which is GELU by tanh; see {@link Gelu#TANH}. */
  GELU_TANH {
    @Override
    void gate(INDArray x, INDArray gate) {
      x.mul(x, gate).muli(CUBIC).addi(LINEAR).muli(x);
      Nd4j.exec(new Sigmoid(gate, gate));
    }

    @Override
    void slope(INDArray x, INDArray gate, INDArray slope, INDArray work) { // g + x g (1 - g) (3 a x^2 + b)
      x.mul(x, slope).muli(3 * CUBIC).addi(LINEAR).muli(x).muli(gate);
      gate.rsub(1, work);
      slope.muli(work).addi(gate);
    }
  },
  /** {@code g = Phi(x)}, the normal distribution: exact GELU; see {@link Gelu#EXACT}. */
  GELU_EXACT {
    @Override
    void gate(INDArray x, INDArray gate) {
      x.mul(Math.sqrt(0.5), gate);
      Nd4j.exec(new Erf(gate, gate));
      gate.addi(1).muli(0.5);
    }

    @Override
    void slope(INDArray x, INDArray gate, INDArray slope, INDArray work) { // g + x phi(x)
      x.mul(x, slope).muli(-0.5);
      Nd4j.exec(new Exp(slope, slope));
      slope.muli(1 / Math.sqrt(2 * Math.PI)).muli(x).addi(gate);
    }
  },
  /** {@code g = sigmoid(x)}: SiLU. */
  SILU {
    @Override
    void gate(INDArray x, INDArray gate) {
      Nd4j.exec(new Sigmoid(x, gate));
    }

    @Override
    void slope(INDArray x, INDArray gate, INDArray slope, INDArray work) { // g + x g (1 - g)
      gate.rsub(1, work);
      x.mul(gate, slope).muli(work).addi(gate);
    }
  };

  private static final double LINEAR = 2 * Math.sqrt(2 / Math.PI);
  private static final double CUBIC = 0.044715 * LINEAR;

  static Activation of(Gelu gelu) {
    return gelu == Gelu.TANH ? GELU_TANH : GELU_EXACT;
  }

  /** Writes {@code g(x)}. */
  abstract void gate(INDArray x, INDArray gate);

  /** Writes the derivative of {@code x g(x)} for the gate that {@link #gate} wrote. */
  abstract void slope(INDArray x, INDArray gate, INDArray slope, INDArray work);
}
