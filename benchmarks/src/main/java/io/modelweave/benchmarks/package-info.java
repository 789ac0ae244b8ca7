/** JMH benchmarks of the operations that a run spends its time in. Each class says what it asks and with what command. */
@NullMarked
package io.modelweave.benchmarks;

import org.jspecify.annotations.NullMarked;
