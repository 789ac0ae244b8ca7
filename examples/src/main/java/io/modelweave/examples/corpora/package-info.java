/** Small made-up languages on which the paper's experiments take minutes instead of days. */
@NullMarked
package io.modelweave.examples.corpora;

import org.jspecify.annotations.NullMarked;
