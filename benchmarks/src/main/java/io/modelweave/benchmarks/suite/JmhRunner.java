package io.modelweave.benchmarks.suite;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs JMH and keeps its JSON.
 *
 * @param json folder of JMH's results
 * @param logs folder of what JMH and the forks print
 * @param quick whether to take half a second for an iteration and two of them
 */
record JmhRunner(Path json, Path logs, boolean quick) {

  /**
   * How often and how long: iterations before the measured ones, measured ones, and the seconds of each. Operations of a benchmark in
   * single-shot mode are counted, not timed.
   */
  record Iterations(int warmUp, int measured, double seconds) {

    static Iterations of(int warmUp, double seconds) {
      return new Iterations(warmUp, 3, seconds);
    }

    Iterations measured(int iterations) {
      return new Iterations(warmUp, iterations, seconds);
    }
  }

  /**
   * Runs a benchmark in one fork for each case, one thread an operation, and returns a sample for each iteration.
   *
   * @param name of the JSON file and of the log
   * @param more further options: parameters, threads
   * @throws IllegalStateException if it cannot run, or a case fails; the samples of other cases are then lost, the JSON is not
   */
  List<Sample> run(Class<?> benchmark, Iterations iterations, String name, Consumer<ChainedOptionsBuilder> more) {
    Path result = json.resolve(name + ".json");
    Path log = logs.resolve(name + ".log");
    try {
      Files.createDirectories(json);
      Files.createDirectories(logs);
      TimeValue time = TimeValue.milliseconds(Math.round(1e3 * iterations.seconds() / (quick ? 2 : 1)));
      ChainedOptionsBuilder options = new OptionsBuilder().forks(1).warmupIterations(quick ? (iterations.warmUp() + 1) / 2 : iterations.warmUp())
          .warmupTime(time).measurementIterations(quick ? 2 : iterations.measured()).measurementTime(time).shouldFailOnError(false)
          .resultFormat(ResultFormatType.JSON).result(result.toString()).output(log.toString());
      more.accept(options);
      if (options.build().getIncludes().isEmpty()) {
        options.include("\\." + benchmark.getSimpleName() + "\\.");
      }
      Collection<RunResult> results = silently(name, () -> new Runner(options.build()).run());
      withoutPaths(result);
      List<Sample> samples = samples(results);
      if (Files.readString(log).contains("<failure>")) {
        throw new PartlyFailedException("some cases of %s fail; see %s".formatted(benchmark.getSimpleName(), log), samples);
      }
      return samples;
    } catch (RunnerException e) {
      throw new IllegalStateException("JMH cannot run %s: %s; see %s".formatted(benchmark.getSimpleName(), e.getMessage(), log), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private interface Run {
    Collection<RunResult> run() throws RunnerException;
  }

  /** What forks print passes JMH's own log by: it goes to a file beside it. */
  private Collection<RunResult> silently(String name, Run run) throws RunnerException, IOException {
    PrintStream out = System.out;
    PrintStream err = System.err;
    try (PrintStream file = new PrintStream(Files.newOutputStream(logs.resolve(name + "-forks.log")), true, StandardCharsets.UTF_8)) {
      System.setOut(file);
      System.setErr(file);
      return run.run();
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  /** Some cases have no time. */
  static final class PartlyFailedException extends IllegalStateException {

    private final transient List<Sample> samples;

    PartlyFailedException(String message, List<Sample> samples) {
      super(message);
      this.samples = samples;
    }

    /** Returns the times of the others. */
    List<Sample> samples() {
      return samples;
    }
  }

  private static List<Sample> samples(Collection<RunResult> results) {
    List<Sample> samples = new ArrayList<>();
    for (RunResult run : results) {
      String unit = run.getPrimaryResult().getScoreUnit();
      if (!unit.equals("ms/op")) {
        throw new IllegalStateException("%s counts %s; a benchmark of the suite counts ms/op".formatted(run.getParams().getBenchmark(), unit));
      }
      Map<String, String> parameters = new LinkedHashMap<>();
      run.getParams().getParamsKeys().forEach(key -> parameters.put(key, run.getParams().getParam(key)));
      Case measured = new Case(run.getPrimaryResult().getLabel(), parameters);
      run.getBenchmarkResults().forEach(fork -> {
        for (IterationResult iteration : fork.getIterationResults()) {
          samples.add(new Sample(Sample.OURS, measured, iteration.getPrimaryResult().getScore(), 0));
        }
      });
    }
    return samples;
  }

  /** JMH writes where the JVM lies, which is nobody's business. */
  private static void withoutPaths(Path json) throws IOException {
    Files.writeString(json, Files.readString(json).replaceAll("(?m)^\\s*\"jvm\" : .*\\R", ""));
  }
}
