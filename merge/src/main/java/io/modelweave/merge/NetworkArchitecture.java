package io.modelweave.merge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** What two DL4J configurations compute, compared: layers, sizes, activations and wiring, but not how they were trained. */
final class NetworkArchitecture {

  private static final JsonMapper JSON = new JsonMapper();
  private static final int SHOWN = 60;

  /** Fields that steer training, memory or naming and leave the function of given parameters as it is; in lower case. */
  private static final Set<String> TRAINING = Set.of("seed", "iterationcount", "epochcount", "iupdater", "biasupdater",
      "regularization", "regularizationbias", "weightinitfn", "weightinitfnrecurrent", "biasinit", "gaininit", "forgetgatebiasinit",
      "gradientnormalization", "gradientnormalizationthreshold", "constraints", "biasconstraints", "weightconstraints",
      "recurrentconstraints", "idropout", "weightnoise", "layername", "cachemode", "trainingworkspacemode", "inferenceworkspacemode",
      "optimizationalgo", "maxnumlinesearchiterations", "minibatch", "minimize", "stepfunction", "validateoutputlayerconfig",
      "variables", "backproptype", "tbpttbacklength", "tbpttfwdlength", "lossfn", "lossfunction", "decay", "defaultconfiguration",
      "cudnnalgomode", "cudnnfwdalgo", "cudnnbwddataalgo", "cudnnbwdfilteralgo", "cudnnallowfallback", "pretrain",
      "legacybatchscaledl2");

  private NetworkArchitecture() {}

  /** Returns one sentence fragment for each place at which two configurations, given as JSON, compute differently. */
  static List<String> differences(String a, String b) {
    List<String> problems = new ArrayList<>();
    try {
      compare(JSON.readTree(a), JSON.readTree(b), "configuration", problems);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("DL4J wrote a configuration that is not JSON", e);
    }
    return problems;
  }

  private static void compare(JsonNode a, JsonNode b, String path, List<String> problems) {
    if (!a.path("@class").equals(b.path("@class"))) {
      problems.add("%s is %s against %s".formatted(path, kind(a), kind(b)));
    } else if (a.isObject() && b.isObject()) {
      Set<String> fields = new TreeSet<>();
      a.fieldNames().forEachRemaining(fields::add);
      b.fieldNames().forEachRemaining(fields::add);
      fields.removeIf(field -> TRAINING.contains(field.toLowerCase(Locale.ROOT)));
      fields.forEach(field -> compare(a.path(field), b.path(field), path + "." + field, problems));
    } else if (a.isArray() && b.isArray()) {
      if (a.size() != b.size()) {
        problems.add("%s has %d entries against %d".formatted(path, a.size(), b.size()));
      }
      for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
        compare(a.get(i), b.get(i), "%s[%d]".formatted(path, i), problems);
      }
    } else if (!a.equals(b)) {
      problems.add("%s is %s against %s".formatted(path, shown(a), shown(b)));
    }
  }

  private static String kind(JsonNode node) {
    String name = node.path("@class").asText();
    return name.isEmpty() ? shown(node) : name.substring(name.lastIndexOf('.') + 1);
  }

  private static String shown(JsonNode node) {
    String text = node.isMissingNode() ? "absent" : node.toString();
    return text.length() > SHOWN ? text.substring(0, SHOWN) + "..." : text;
  }
}
