package io.modelweave.core.transformer;

import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A model, of any family, whose attention or blocks run inside a host of the same width; see {@link BlockParts#of}. Its parameters are
 * shared, not copied.
 *
 * @param name stands with a dot before the names of its parameters and of what it publishes; each guest of a host needs its own
 * @param configuration its shape
 * @param parameters all of them, by Hugging Face name; the live arrays
 */
public record GuestModel(String name, TransformerConfiguration configuration, Map<String, INDArray> parameters) {

  /** Returns the parameters of a block's attention branch, without its norm, by their names in the host. */
  public Map<String, INDArray> attentionParameters(int layer) {
    return startingWith(configuration.attentionName(layer) + ".");
  }

  /** Returns the parameters of a whole block by their names in the host. */
  public Map<String, INDArray> blockParameters(int layer) {
    return startingWith(configuration.blockName(layer) + ".");
  }

  private Map<String, INDArray> startingWith(String prefix) {
    Map<String, INDArray> chosen = new LinkedHashMap<>();
    parameters.forEach((parameter, array) -> {
      if (parameter.startsWith(prefix)) {
        chosen.put(name + "." + parameter, array);
      }
    });
    return chosen;
  }
}
