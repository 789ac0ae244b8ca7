/** Results as figures, CSV, JSON and console tables. Files appear complete or not at all. */
@NullMarked
package io.modelweave.examples.report;

import org.jspecify.annotations.NullMarked;
