package io.modelweave.benchmarks.suite;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A JMH class beside at most one script. Each step returns a new part.
 *
 * @param script what does the same work; empty if there is none
 * @param arguments of the script
 * @param quickArguments of the script in a quick run
 * @param parameters values in place of those of the class
 * @param quickParameters values in place of those in a quick run
 */
record JmhPart(Class<?> benchmark, Function<Case, Work> model, Optional<Peer> script, List<String> arguments, List<String> quickArguments,
    Map<String, List<String>> parameters, Map<String, List<String>> quickParameters, JmhRunner.Iterations iterations) implements Part {

  static JmhPart of(Class<?> benchmark, Function<Case, Work> model) {
    return new JmhPart(benchmark, model, Optional.empty(), List.of(), List.of(), Map.of(), Map.of(), JmhRunner.Iterations.of(2, 1));
  }

  /** The same arguments, quick or not. */
  JmhPart beside(String file, String peer, String... arguments) {
    return new JmhPart(benchmark, model, Optional.of(new Peer(file, peer)), List.of(arguments), List.of(arguments), parameters,
        quickParameters, iterations);
  }

  JmhPart quickArguments(String... arguments) {
    return new JmhPart(benchmark, model, script, this.arguments, List.of(arguments), parameters, quickParameters, iterations);
  }

  /** Quick or not. */
  JmhPart only(String parameter, String... values) {
    return new JmhPart(benchmark, model, script, arguments, quickArguments, with(parameters, parameter, values),
        with(quickParameters, parameter, values), iterations);
  }

  JmhPart quick(String parameter, String... values) {
    return new JmhPart(benchmark, model, script, arguments, quickArguments, parameters, with(quickParameters, parameter, values),
        iterations);
  }

  JmhPart iterations(int warmUp, double seconds) {
    return new JmhPart(benchmark, model, script, arguments, quickArguments, parameters, quickParameters,
        JmhRunner.Iterations.of(warmUp, seconds));
  }

  private static Map<String, List<String>> with(Map<String, List<String>> parameters, String parameter, String... values) {
    Map<String, List<String>> all = new HashMap<>(parameters);
    all.put(parameter, List.of(values));
    return Map.copyOf(all);
  }

  @Override
  public String name() {
    return benchmark.getSimpleName();
  }

  @Override
  public int rounds(boolean quick) {
    return quick ? 1 : 2;
  }

  @Override
  public List<Turn> turns(Session session, int round) {
    List<Turn> turns = new ArrayList<>();
    turns.add(new Turn(Sample.OURS, into -> ours(session, round, into)));
    if (session.python().isPresent() && script.isPresent()) {
      turns.add(new Turn(script.get().name(), into -> theirs(session, script.get(), round).forEach(into)));
    }
    return turns;
  }

  private List<Sample> theirs(Session session, Peer peer, int round) {
    Path csv = session.results().raw("%s-peer-%d.csv".formatted(name(), round + 1));
    return peer.run(session.python().orElseThrow(), session.peers(), csv, session.quick(),
        (session.quick() ? quickArguments : arguments).toArray(String[]::new));
  }

  private void ours(Session session, int round, Consumer<Sample> into) {
    Map<String, List<String>> values = session.quick() ? quickParameters : parameters;
    try {
      session.jmh().run(benchmark, iterations, "%s-%d".formatted(name(), round + 1),
          options -> values.forEach((name, some) -> options.param(name, some.toArray(String[]::new)))).forEach(into);
    } catch (JmhRunner.PartlyFailedException e) {
      e.samples().forEach(into);
      throw e;
    }
  }

  @Override
  public Work work(Case measured) {
    return model.apply(measured);
  }
}
