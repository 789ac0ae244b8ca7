/** The command line program on the library and what its commands share. */
@NullMarked
package io.modelweave.examples;

import org.jspecify.annotations.NullMarked;
