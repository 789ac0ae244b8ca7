package io.modelweave.benchmarks;

import io.modelweave.core.checkpoint.CheckpointOutput;
import io.modelweave.core.checkpoint.CheckpointWriter;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.core.checkpoint.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Files of random tensors in the shapes of real models, the same in every run. */
public final class SyntheticModels {

  private static final int PIECE = 1 << 16;

  private SyntheticModels() {}

  /** Returns the tensors of GPT-2 small: 124 million elements in 148 tensors. */
  public static List<TensorInfo> gpt2Small(ElementType type) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    shapes.put("wte.weight", List.of(50257L, 768L));
    shapes.put("wpe.weight", List.of(1024L, 768L));
    for (int layer = 0; layer < 12; layer++) {
      String block = "h.%d.".formatted(layer);
      shapes.put(block + "ln_1.weight", List.of(768L));
      shapes.put(block + "ln_1.bias", List.of(768L));
      shapes.put(block + "attn.c_attn.weight", List.of(768L, 2304L));
      shapes.put(block + "attn.c_attn.bias", List.of(2304L));
      shapes.put(block + "attn.c_proj.weight", List.of(768L, 768L));
      shapes.put(block + "attn.c_proj.bias", List.of(768L));
      shapes.put(block + "ln_2.weight", List.of(768L));
      shapes.put(block + "ln_2.bias", List.of(768L));
      shapes.put(block + "mlp.c_fc.weight", List.of(768L, 3072L));
      shapes.put(block + "mlp.c_fc.bias", List.of(3072L));
      shapes.put(block + "mlp.c_proj.weight", List.of(3072L, 768L));
      shapes.put(block + "mlp.c_proj.bias", List.of(768L));
    }
    shapes.put("ln_f.weight", List.of(768L));
    shapes.put("ln_f.bias", List.of(768L));
    return shapes.entrySet().stream().map(shape -> new TensorInfo(shape.getKey(), type, shape.getValue())).toList();
  }

  /** Returns {@code count} tensors {@code [1024, 4096]} of F32: 16 MiB each. */
  public static List<TensorInfo> stack(int count) {
    return IntStream.range(0, count).mapToObj(i -> new TensorInfo("layer." + i, ElementType.F32, List.of(1024L, 4096L))).toList();
  }

  /** Writes uniform values: a base within 0.1 that all seeds share, and within 0.01 of it what a seed adds. */
  public static void write(Path file, List<TensorInfo> tensors, long seed) {
    SplittableRandom base = new SplittableRandom(0);
    SplittableRandom own = new SplittableRandom(seed);
    try (CheckpointOutput out = CheckpointWriter.to(file).metadata(Map.of("format", "pt")).open(tensors)) {
      ByteBuffer piece = ByteBuffer.allocateDirect(PIECE).order(ByteOrder.LITTLE_ENDIAN);
      for (TensorInfo info : tensors) {
        for (long offset = 0; offset < info.byteLength(); offset += PIECE) {
          piece.clear().limit((int) Math.min(PIECE, info.byteLength() - offset));
          while (piece.hasRemaining()) {
            int bits = Float.floatToRawIntBits((float) (base.nextDouble(-0.1, 0.1) + own.nextDouble(-0.01, 0.01)));
            if (info.type() == ElementType.F32) {
              piece.putInt(bits);
            } else {
              piece.putShort((short) (bits >>> Short.SIZE));
            }
          }
          out.write(info.name(), offset, piece.flip());
        }
      }
      out.finish();
    }
  }
}
