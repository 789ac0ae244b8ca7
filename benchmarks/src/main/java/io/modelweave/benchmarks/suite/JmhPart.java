package io.modelweave.benchmarks.suite;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A JMH class beside at most one script. Each step returns a new part.
 *
 * @param peers the scripts that do the same work
 * @param quickParameters fewer values of parameters for a quick run
 */
record JmhPart(Class<?> benchmark, Function<Case, Work> model, List<Peer> peers, Map<String, List<String>> quickParameters,
    JmhRunner.Iterations iterations) implements Part {

  static JmhPart of(Class<?> benchmark, Function<Case, Work> model) {
    return new JmhPart(benchmark, model, List.of(), Map.of(), JmhRunner.Iterations.of(2, 1));
  }

  JmhPart beside(String script, String peer) {
    List<Peer> all = new ArrayList<>(peers);
    all.add(new Peer(script, peer));
    return new JmhPart(benchmark, model, List.copyOf(all), quickParameters, iterations);
  }

  JmhPart quick(String parameter, String... values) {
    return new JmhPart(benchmark, model, peers, Map.of(parameter, List.of(values)), iterations);
  }

  JmhPart iterations(int warmUp, double seconds) {
    return new JmhPart(benchmark, model, peers, quickParameters, JmhRunner.Iterations.of(warmUp, seconds));
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
    session.python().ifPresent(python -> peers.forEach(peer -> turns.add(new Turn(peer.name(), into -> peer
        .run(python, session.peers(), session.results().raw("%s-%d.csv".formatted(peer.script().replace(".py", ""), round + 1)), session.quick())
        .forEach(into)))));
    return turns;
  }

  private void ours(Session session, int round, Consumer<Sample> into) {
    try {
      session.jmh().run(benchmark, iterations, "%s-%d".formatted(name(), round + 1), options -> {
        if (session.quick()) {
          quickParameters.forEach((name, values) -> options.param(name, values.toArray(String[]::new)));
        }
      }).forEach(into);
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
