package io.modelweave.merge.engine;

import io.modelweave.merge.method.TensorContext;

/**
 * A job with everything that follows from headers.
 *
 * @param context what its method sees
 */
record PlannedTensor(TensorJob job, TensorContext context) {}
