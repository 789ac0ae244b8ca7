package io.modelweave.benchmarks.suite;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;

/**
 * {@code benchmarks/run}: measures ours and the peers by turns, prints one table and writes it with the raw results.
 *
 * <p>What fails is said and left out; the rest goes on. Exit codes: 0 all ours measured; 2 the request is wrong; 1 anything else.
 */
@Command(name = "benchmarks/run", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Measures this library and its peers by turns; without a pattern, everything.",
    footer = {"", "benchmarks/run jmh ARGUMENT... hands its arguments to JMH."},
    subcommands = {ScalingCommand.class, ReadmeCommand.class})
public final class Main implements Runnable {

  @Option(names = "--quick", scope = ScopeType.INHERIT, description = "One round, short iterations, fewer cases: some minutes.")
  private boolean quick;

  @Option(names = "--python", paramLabel = "PYTHON", scope = ScopeType.INHERIT,
      description = "Interpreter with torch for the peers (default: the environment variable PYTHON, or python3).")
  private @Nullable String python;

  @Option(names = "--out", paramLabel = "DIR", scope = ScopeType.INHERIT,
      description = "Where to write (default: benchmarks/results/<date>-<processor>). Rows that are measured anew are replaced.")
  private @Nullable Path out;

  @Parameters(paramLabel = "PATTERN", description = "Regular expressions that names of benchmarks contain, such as Merge.")
  private List<String> patterns = List.of();

  @SuppressWarnings("NullAway.Init") // picocli sets it
  private Main() {}

  /** Runs a command and ends the JVM with its exit code. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Main()).setExecutionExceptionHandler((e, command, parsed) -> {
      if (e instanceof IllegalArgumentException) {
        command.getErr().println(e.getMessage());
        return 2;
      }
      throw e;
    }).execute(arguments));
  }

  @Override
  public void run() {
    List<Part> parts = Catalogue.parts(patterns);
    measure(String.join(" ", patterns), (session, rates, progress) -> {
      for (Part part : parts) {
        List<Sample> samples = new ArrayList<>();
        for (int round = 0; round < part.rounds(session.quick()); round++) {
          for (Part.Turn turn : part.turns(session, round)) {
            progress.step("%s, round %d: %s".formatted(part.name(), round + 1, turn.side()), () -> turn.run().accept(samples::add));
          }
        }
        ResultTable newer = ResultTable.of(part.name(), samples, part::work, rates);
        session.results().write("results.csv", session.results().table().with(newer).csv());
      }
    });
  }

  /** What a command measures. */
  interface Measurement {
    void run(Session session, MachineRates rates, Progress progress);
  }

  /** Calibrates, measures, and writes all that a folder holds. */
  void measure(String request, Measurement measurement) {
    Path home = Path.of(System.getProperty("benchmarks.home", "benchmarks"));
    Path target = home.resolve("target");
    Optional<String> interpreter = interpreter();
    ResultsFolder results = out == null ? ResultsFolder.ofToday(home.resolve("results"), Environment.processor()) : new ResultsFolder(out);
    Session session = new Session(quick, interpreter, home.resolve("peers"), target.resolve("models"), results,
        new JmhRunner(results.raw(""), target.resolve("logs"), quick));
    LocalDateTime started = LocalDateTime.now().truncatedTo(ChronoUnit.SECONDS);
    double load = load();
    Progress progress = new Progress(System.err);
    MachineRates rates = MachineRates.measure(session.jmh());
    progress.say("this machine: " + rates);
    measurement.run(session, rates, progress);
    String command = "benchmarks/run" + (request.isEmpty() ? "" : " " + request) + (quick ? " --quick" : "")
        + (interpreter.isPresent() ? " --python PYTHON" : "");
    long seconds = ChronoUnit.SECONDS.between(started, LocalDateTime.now());
    RunLog log = results.log().with(started.toString(), command, seconds, load, load(), rates, progress.problems());
    results.write(results.table(), Environment.read(interpreter).over(results.environment()), log);
    System.out.println(results.table().markdown());
    progress.say("written to " + results.path());
    progress.problems().forEach(problem -> progress.say("not measured: " + problem));
    if (progress.problems().stream().anyMatch(problem -> problem.contains(": " + Sample.OURS))) {
      throw new IllegalStateException("not all of this library's cases could be measured");
    }
  }

  private Optional<String> interpreter() {
    String named = python != null ? python : System.getenv().getOrDefault("PYTHON", "python3");
    if (Peer.has(named, "torch")) {
      return Optional.of(named);
    }
    if (python != null || System.getenv("PYTHON") != null) {
      throw new IllegalArgumentException("%s %s; name an interpreter that has torch".formatted(named,
          Files.exists(Path.of(named)) ? "has no torch" : "cannot be run"));
    }
    System.err.println("python3 has no torch, so no peers run; --python names an interpreter that has it");
    return Optional.empty();
  }

  private static double load() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }
}
