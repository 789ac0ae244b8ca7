/**
 * Text as tokens: tokenizers, streams of documents, and the windows that models are trained and measured on.
 */
@NullMarked
package io.modelweave.core.text;

import org.jspecify.annotations.NullMarked;
