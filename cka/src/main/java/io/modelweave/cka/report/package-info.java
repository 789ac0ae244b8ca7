/**
 * A map of layers as a picture and as text.
 *
 * <p>{@link io.modelweave.cka.CkaMatrix} writes itself with these; they are apart from it because nothing here computes.
 */
@NullMarked
package io.modelweave.cka.report;

import org.jspecify.annotations.NullMarked;
