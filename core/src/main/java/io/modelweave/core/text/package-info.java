/**
 * Text in, token ids out: tokenizers, streams of documents, windows drawn from them and batches that models read.
 *
 * <pre>{@code
 * TokenStream stream = TokenStream.from(Documents.read(path, List.of("question", "answer")), tokenizer);
 * TokenSplit split = stream.split(0.05, 2357);
 * for (TokenBatch batch : WindowSampler.of(split.train()).batches(16, context + 1, 400, 11)) { ... }
 * }</pre>
 */
@NullMarked
package io.modelweave.core.text;

import org.jspecify.annotations.NullMarked;
