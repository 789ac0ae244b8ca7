package io.modelweave.merge.recipe;

import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.merge.Mergekit;
import io.modelweave.merge.method.MergeMethod;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** Turns the text of a recipe into a value, or into everything that is wrong with it. */
final class RecipeParser {

  private static final int DEEPEST = 50;
  private static final Set<String> KEYS =
      Set.of("merge_method", "models", "slices", "base_model", "parameters", "dtype", "out_dtype", "name", "out_path");
  private static final Map<String, String> REFUSED = Map.of(
      "modules", "it is for models of several parts, such as vision and text; merge each part by a recipe of its own with models or slices",
      "tokenizer_source", "vocabularies are not merged; give all models one vocabulary first, and leave the key out:"
          + " the tokenizer of base_model, or else of the first model, is copied",
      "tokenizer", "vocabularies are not merged; give all models one vocabulary first, and leave the key out:"
          + " the tokenizer of base_model, or else of the first model, is copied",
      "chat_template", "the template of base_model, or else of the first model, is copied with its tokenizer; leave the key out and edit"
          + " the copy");
  private static final Map<String, String> NO_RESIDUAL =
      Map.of("residual_weight", "mergekit reads it and does nothing with it; leave it out");
  private static final Map<String, ElementType> TYPES = Map.of("float32", ElementType.F32, "float16", ElementType.F16,
      "bfloat16", ElementType.BF16, "float64", ElementType.F64);

  private final YamlProblems problems = new YamlProblems();

  /** Returns what a text says. */
  static Recipe parse(String text, String source) {
    RecipeParser parser = new RecipeParser();
    List<RecipeDocument> documents = new ArrayList<>();
    List<Node> roots = compose(text, source);
    for (Node root : roots) {
      parser.document(root, root == roots.get(roots.size() - 1)).ifPresent(documents::add);
    }
    parser.requireDistinctNames(documents, roots);
    if (!parser.problems.found().isEmpty()) {
      throw new RecipeException(source, parser.problems.found());
    }
    return new Recipe(source, text, documents);
  }

  private static List<Node> compose(String text, String source) {
    List<Node> roots = new ArrayList<>();
    try {
      LoadSettings settings = LoadSettings.builder().setSchema(new CoreSchema()).setLabel(source).build();
      requireShallow(new Parse(settings).parseString(text), source);
      new Compose(settings).composeAllFromString(text).forEach(roots::add);
    } catch (MarkedYamlEngineException e) {
      String place = e.getProblemMark().map(mark -> YamlProblems.place(mark.getLine(), mark.getColumn()) + ": ").orElse("");
      throw new RecipeException(source, List.of("%sthis is not YAML: %s".formatted(place, e.getProblem())));
    } catch (YamlEngineException e) {
      throw new RecipeException(source, List.of("this is not YAML: " + e.getMessage()));
    }
    if (roots.isEmpty()) {
      throw new RecipeException(source, List.of("the recipe is empty"));
    }
    return roots;
  }

  /** Composing is recursive and would run out of stack. */
  private static void requireShallow(Iterable<Event> events, String source) {
    int depth = 0;
    for (Event event : events) {
      depth += event instanceof CollectionStartEvent ? 1 : event instanceof CollectionEndEvent ? -1 : 0;
      if (depth > DEEPEST) {
        throw new RecipeException(source, List.of("lists and mappings are nested more than %d times".formatted(DEEPEST)));
      }
    }
  }

  private void requireDistinctNames(List<RecipeDocument> documents, List<Node> roots) {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < documents.size() && documents.size() == roots.size(); i++) {
      String name = documents.get(i).name();
      if (name != null && !names.add(name)) {
        problems.at(roots.get(i), "an earlier recipe of the file is called %s as well".formatted(name));
      }
    }
  }

  private Optional<RecipeDocument> document(Node root, boolean last) {
    StrictMapping keys = StrictMapping.of(root, "the recipe", KEYS, REFUSED, problems);
    MergeMethod method = method(keys.requiredText("merge_method", "the recipe").orElse(""), keys);
    SettingParser settings = new SettingParser(method, problems);
    List<RecipeSlice> slices = keys.get("slices").map(slicesNode -> slices(slicesNode, settings)).orElse(List.of());
    List<RecipeSource> models = keys.list("models").stream().map(node -> source(node, false, settings)).flatMap(Optional::stream).toList();
    if (keys.get("models").isPresent() == keys.get("slices").isPresent()) {
      problems.at(root, "the recipe needs either models or slices");
    }
    Map<String, Setting> parameters = keys.get("parameters").map(node -> settings.parse(node, false)).orElse(Map.of());
    ElementType dtype = type("dtype", keys);
    ElementType outDtype = type("out_dtype", keys);
    String name = keys.text("name").or(() -> keys.text("out_path")).orElse(null);
    if (name == null && !last) {
      problems.at(root, "a recipe with another after it needs a name, by which the other can use its output");
    }
    boolean whole = slices.isEmpty();
    String place = YamlProblems.place(root);
    List<RecipeSlice> all = whole ? List.of(new RecipeSlice(models, Map.of(), null, place)) : slices;
    String base = keys.text("base_model").orElse(null);
    if (method == null) {
      return Optional.empty();
    }
    return Optional.of(new RecipeDocument(place, name, keys.text("merge_method").orElseThrow(), method, base, whole, all, parameters,
        outDtype == null ? dtype : outDtype));
  }

  private @Nullable MergeMethod method(String name, StrictMapping keys) {
    if (!name.isEmpty() && !Mergekit.names().contains(name)) {
      problems.at(keys.get("merge_method").orElseThrow(),
          "there is no merge method \"%s\"%s".formatted(name, NearestName.question(name, Mergekit.names())));
    }
    return Mergekit.names().contains(name) ? Mergekit.method(name) : null;
  }

  private List<RecipeSlice> slices(Node node, SettingParser settings) {
    return problems.elements(node, "slices").stream().map(element -> {
      StrictMapping keys = StrictMapping.of(element, "a slice", Set.of("sources", "base_model", "parameters"), NO_RESIDUAL, problems);
      if (keys.get("sources").isEmpty()) {
        problems.at(element, "a slice needs sources");
      }
      List<RecipeSource> sources = keys.list("sources").stream()
          .map(source -> source(source, true, settings)).flatMap(Optional::stream).toList();
      requireEqualLengths(sources, element);
      return new RecipeSlice(sources, keys.get("parameters").map(parameters -> settings.parse(parameters, false)).orElse(Map.of()),
          keys.text("base_model").orElse(null), YamlProblems.place(element));
    }).toList();
  }

  private void requireEqualLengths(List<RecipeSource> sources, Node slice) {
    List<RecipeSource.Range> ranges = sources.stream().map(RecipeSource::layers).toList();
    if (ranges.stream().filter(range -> range != null).mapToInt(RecipeSource.Range::length).distinct().count() > 1) {
      problems.at(slice, "the sources of a slice must have equally many layers, but have %s".formatted(ranges));
    }
  }

  private Optional<RecipeSource> source(Node node, boolean inSlice, SettingParser settings) {
    String what = inSlice ? "a source" : "a model";
    Set<String> known = inSlice ? Set.of("model", "layer_range", "parameters") : Set.of("model", "parameters");
    StrictMapping keys = StrictMapping.of(node, what, known,
        inSlice ? Map.of() : Map.of("layer_range", "layers are cut in slices; write slices in place of models"), problems);
    Map<String, Setting> parameters = keys.get("parameters").map(value -> settings.parse(value, true)).orElse(Map.of());
    RecipeSource.Range range = keys.get("layer_range").flatMap(this::range).orElse(null);
    if (inSlice && keys.get("layer_range").isEmpty()) {
      problems.at(node, "a source needs layer_range, such as [0, 16] for the layers 0 to 15");
    }
    return keys.requiredText("model", what).map(model -> new RecipeSource(model, range, parameters, YamlProblems.place(node)));
  }

  private Optional<RecipeSource.Range> range(Node node) {
    List<Integer> ends = node instanceof SequenceNode list
        ? list.getValue().stream().map(RecipeParser::index).flatMap(Optional::stream).toList() : List.of();
    if (ends.size() != 2 || ((SequenceNode) node).getValue().size() != 2 || ends.get(0) > ends.get(1)) {
      problems.at(node, "layer_range must be two whole numbers, the first layer and the one after the last, such as [0, 16]");
      return Optional.empty();
    }
    return Optional.of(new RecipeSource.Range(ends.get(0), ends.get(1)));
  }

  private static Optional<Integer> index(Node node) {
    boolean whole = node instanceof ScalarNode scalar && scalar.getTag().equals(Tag.INT) && scalar.getValue().matches("\\d{1,6}");
    return whole ? Optional.of(Integer.parseInt(((ScalarNode) node).getValue())) : Optional.empty();
  }

  private @Nullable ElementType type(String key, StrictMapping keys) {
    Optional<String> name = keys.text(key).map(text -> text.startsWith("torch.") ? text.substring("torch.".length()) : text);
    if (name.isPresent() && !TYPES.containsKey(name.get())) {
      problems.at(keys.get(key).orElseThrow(), "%s is \"%s\", not one of bfloat16, float16, float32, float64".formatted(key, name.get()));
    }
    return name.map(TYPES::get).orElse(null);
  }
}
