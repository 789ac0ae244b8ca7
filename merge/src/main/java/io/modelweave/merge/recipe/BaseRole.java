package io.modelweave.merge.recipe;

import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MergeMethod;

/** What a method does with {@code base_model}. */
enum BaseRole {
  /** The ancestor that the others differ from; it is not a model. */
  ANCESTOR,
  /** The first of two models. */
  FIRST_MODEL,
  /** A model like the others, whether it is listed or not. */
  ANY_MODEL,
  /** Nothing; it is a model only where it is listed. */
  NONE;

  static BaseRole of(String mergekitName, MergeMethod method) {
    return switch (mergekitName) {
      case "slerp" -> FIRST_MODEL;
      case "karcher" -> ANY_MODEL;
      default -> method.inputs().base() == Inputs.Base.UNUSED ? NONE : ANCESTOR;
    };
  }
}
