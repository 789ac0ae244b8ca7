package io.modelweave.benchmarks;

import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.training.LearningRate;
import io.modelweave.core.training.Training;
import io.modelweave.core.training.TrainingListener;
import io.modelweave.core.training.TrainingStep;
import io.modelweave.moe.RouterTraining;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.SynchronousQueue;
import java.util.function.Consumer;

/** A training run that takes one step when it is told to, so that a step can be timed without the building of its graph. */
final class SteppedTraining implements AutoCloseable {

  private static final int STEPS = Integer.MAX_VALUE >> 8;
  private static final LearningRate RATE = LearningRate.constant(1e-4);

  private final SynchronousQueue<TrainingStep> done = new SynchronousQueue<>();
  private final SynchronousQueue<Boolean> next = new SynchronousQueue<>();
  private final Thread thread;
  private boolean started;

  SteppedTraining(Training training, List<TokenBatch> batches) {
    this(listener -> training.steps(STEPS).learningRate(RATE).listener(listener).run(batches));
  }

  SteppedTraining(RouterTraining training, List<TokenBatch> batches) {
    this(listener -> training.steps(STEPS).learningRate(RATE).listener(listener).run(batches));
  }

  private SteppedTraining(Consumer<TrainingListener> run) {
    thread = new Thread(() -> {
      try {
        run.accept(this::pause);
      } catch (CancellationException closed) {
        // what close() asks for
      }
    }, "training");
    thread.setDaemon(true);
  }

  private void pause(TrainingStep step) {
    try {
      done.put(step);
      next.take();
    } catch (InterruptedException e) {
      throw new CancellationException("closed");
    }
  }

  /** Takes one step. */
  TrainingStep step() throws InterruptedException {
    if (started) {
      next.put(true);
    } else {
      thread.start();
      started = true;
    }
    return done.take();
  }

  @Override
  public void close() throws InterruptedException {
    thread.interrupt();
    thread.join();
  }
}
