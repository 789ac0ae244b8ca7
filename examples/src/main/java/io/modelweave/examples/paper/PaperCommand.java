package io.modelweave.examples.paper;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.transformer.TransformerConfiguration;
import io.modelweave.examples.paper.experiment.Experiment;
import io.modelweave.examples.paper.experiment.Experiments;
import io.modelweave.examples.paper.experiment.Section;
import io.modelweave.examples.paper.lab.BaseModel;
import io.modelweave.examples.paper.lab.DataFiles;
import io.modelweave.examples.paper.lab.Journal;
import io.modelweave.examples.paper.lab.Laboratory;
import io.modelweave.examples.paper.lab.Laboratory.Scope;
import io.modelweave.examples.paper.lab.PaperData;
import io.modelweave.examples.paper.lab.Recipe;
import io.modelweave.examples.paper.lab.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code paper}: the paper's experiments from end to end, on generated languages, on the user's files, or on a real GPT-2. */
@Command(name = "paper", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Pretrains a base, fine-tunes two specialists, merges them over time, measures CKA, trains cross-layer routers.")
public final class PaperCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Option(names = "--scale", defaultValue = "medium", description = "small, medium, large or gpt2 (default: ${DEFAULT-VALUE}).")
  private Scale scale;

  @Option(names = "--all", description = "Every experiment, every window, several router seeds; --scale large always does.")
  private boolean all;

  @Option(names = "--seed", defaultValue = "1", description = "Of generation, initialisation and sampling (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--out", required = true, paramLabel = "DIR",
      description = "New or empty folder for report.html, figures, CSV, report.json, and snapshots.")
  private Path out;

  @Option(names = "--resume", description = "Go on with a run that was interrupted, or add --all to one that is done: repeat its options.")
  private boolean resume;

  @Option(names = "--save-every", defaultValue = "60", paramLabel = "SECONDS",
      description = "How often a training writes down how far it is, for --resume (default: ${DEFAULT-VALUE}).")
  private long saveEvery;

  @Option(names = "--base", paramLabel = "MODEL_DIR", description = "Base in Hugging Face layout, in place of pretraining one.")
  private @Nullable Path base;

  @Mixin private DataOptions data;

  @Mixin private RecipeOptions recipe;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  PaperCommand() {}

  @Override
  public void run() {
    OutputFolder.require(out, resume);
    if (saveEvery < 0) {
      throw new IllegalArgumentException("--save-every is %d; it must not be negative".formatted(saveEvery));
    }
    if (scale == Scale.GPT2 && base == null) {
      throw new IllegalArgumentException("--scale gpt2 needs --base, a GPT-2 in Hugging Face layout, and texts of your own");
    }
    Optional<TransformerConfiguration> given = Optional.ofNullable(base).map(directory -> LanguageModel.load(directory).configuration());
    PaperData corpora = corpora(given);
    Recipe changed = recipe.change(scale.recipe(), corpora.context());
    Settings settings = new Settings(scale.name().toLowerCase(Locale.ROOT), seed, corpora.description(), corpora.digest(),
        base != null ? BaseModel.description(base) : "GPT-2 of %d blocks, width %d, %d heads, pretrained here"
            .formatted(changed.layers(), changed.width(), changed.heads()), changed);
    Scope scope = scale.scope(all || scale.isWhole(), given.map(TransformerConfiguration::layers).orElse(changed.layers()));
    // Before the minutes of work, not after: a folder that cannot be made must not cost the results.
    OutputFolder.create(out);
    try (Laboratory lab = new Laboratory(settings, corpora, Journal.open(out, settings, Duration.ofSeconds(saveEvery)), scope, base)) {
      report(lab, all || scale.isWhole() ? Experiments.all() : Experiments.usual());
    }
  }

  private void report(Laboratory lab, List<Experiment> experiments) {
    List<Section> sections = new ArrayList<>();
    experiments.forEach(experiment -> sections.add(experiment.run(lab)));
    PaperReport report = new PaperReport(lab, sections);
    report.write(out);
    spec.commandLine().getOut().print(report.text());
    spec.commandLine().getOut().printf("%nThe report is %s; figures, tables and report.json are beside it.%n", out.resolve("report.html"));
  }

  private PaperData corpora(Optional<TransformerConfiguration> given) {
    Optional<DataFiles> files = data.files();
    if (files.isEmpty()) {
      if (base != null) {
        throw new IllegalArgumentException("--base needs texts of your own: --pretrain, --math, --code and --target");
      }
      return PaperData.generated(seed);
    }
    int longest = given.map(TransformerConfiguration::contextLength).orElse(Integer.MAX_VALUE);
    int context = Math.min(recipe.context(scale.textContext()), longest);
    return files.get().read(context, given.map(TransformerConfiguration::vocabularySize).orElse(0), seed);
  }
}
