package io.modelweave.examples.paper;

import io.modelweave.examples.paper.lab.Laboratory.Scope;
import io.modelweave.examples.paper.lab.PaperData;
import io.modelweave.examples.paper.lab.Recipe;
import io.modelweave.examples.paper.lab.Recipe.Schedule;
import io.modelweave.moe.RouterInitialization;

/** How large a run is; the recipe is the paper's, with learning rates for small models where models are small. */
enum Scale {
  /** About a minute; what the tests run. */
  SMALL(tiny(32, 4, 2, 500, 400, 4e-3, 150, RouterInitialization.ZERO), 64, 1),
  /** The default, a few minutes. */
  MEDIUM(tiny(48, 6, 4, 400, 320, 5e-3, 100, RouterInitialization.ZERO), 96, 1),
  /** Everything, three router seeds, and routers that start as the paper's do. */
  LARGE(tiny(64, 6, 4, 600, 500, 5e-3, 120, RouterInitialization.PAPER), 128, 3),
  /** The paper's own settings on a GPT-2 that is given: 40 GPU hours, or a tiny checkpoint. */
  GPT2(new Recipe(0, 0, 0, 1024, new Schedule(1, 0), new Schedule(8750, 8e-4), 2500, new Schedule(1740, 5e-3), new Schedule(2500, 8e-5),
      64, 1, 500, RouterInitialization.PAPER, 800, 128), 1024, 1);

  private static final int USUAL_WINDOWS = 4;
  private static final int SEVERAL_SEEDS = 3;

  private final Recipe recipe;
  private final int textContext;
  private final int routerSeeds;

  Scale(Recipe recipe, int textContext, int routerSeeds) {
    this.recipe = recipe;
    this.textContext = textContext;
    this.routerSeeds = routerSeeds;
  }

  private static Recipe tiny(int width, int layers, int heads, int pretraining, int fineTuning, double rate, int routing,
      RouterInitialization initialization) {
    return new Recipe(width, layers, heads, PaperData.GENERATED_CONTEXT, new Schedule(pretraining, 3e-3),
        new Schedule(fineTuning, rate), fineTuning, new Schedule(routing, 1e-2), new Schedule(routing, rate), 16, 16, 0, initialization,
        144, 128);
  }

  Recipe recipe() {
    return recipe;
  }

  /** Tokens of a window of text in files, whose tokens are bytes unless a tokenizer is given. */
  int textContext() {
    return textContext;
  }

  boolean isWhole() {
    return this == LARGE;
  }

  /** How much is done, for a base of so many layers. */
  Scope scope(boolean all, int layers) {
    return all ? new Scope(layers, Math.max(routerSeeds, SEVERAL_SEEDS)) : new Scope(Math.min(USUAL_WINDOWS, layers), routerSeeds);
  }
}
