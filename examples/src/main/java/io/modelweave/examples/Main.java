package io.modelweave.examples;

import com.google.common.collect.ImmutableMap;
import io.modelweave.examples.paper.PaperCommand;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The program {@code modelweave-examples}: picks a command and turns what it throws into an exit code.
 *
 * <p>Exit codes: 0 done; 2 the request or an input is wrong, with one sentence on standard error; 1 anything else. Commands
 * write results to {@code spec.commandLine().getOut()}, which is the real standard output; {@code System.out} leads to
 * standard error (see {@link LineFilter}).
 */
@Command(
    name = "modelweave-examples",
    description = "Merges, compares and routes specialised networks.",
    mixinStandardHelpOptions = true,
    version = "modelweave-examples 0.1.0-SNAPSHOT")
public final class Main implements Runnable {

  /** By name, in the order of the help. */
  private static final ImmutableMap<String, Class<?>> COMMANDS = Stream.<Class<?>>of(PaperCommand.class, MergeCommand.class,
          SimilarityCommand.class, HeatmapCommand.class, RouteCommand.class, AdderCommand.class, ActivationsCommand.class,
          InspectCommand.class)
      .collect(ImmutableMap.toImmutableMap(command -> command.getAnnotation(Command.class).name(), command -> command));

  @Spec private CommandSpec spec;

  @Option(names = "--trace", scope = ScopeType.INHERIT, description = "On failure, print the stack trace.")
  private boolean trace;

  @SuppressWarnings("NullAway.Init") // picocli sets it
  private Main() {}

  /** Runs a command and ends the JVM with its exit code. */
  public static void main(String[] args) {
    // Before ND4J, slf4j-simple and AWT load, which read them once. What was set on the command line stays.
    setDefault("org.nd4j.log.initialization", "false");
    setDefault("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    setDefault("org.slf4j.simpleLogger.log.ai.djl", "error");
    setDefault("org.slf4j.simpleLogger.log.org.nd4j.imports", "error"); // warns of its own table of TensorFlow operations
    setDefault("java.awt.headless", "true");
    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    System.exit(run(out, System.err, args));
  }

  private static void setDefault(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /** Runs a command with these streams in place of the standard ones and returns its exit code. */
  static int run(PrintStream out, PrintStream err, String... args) {
    PrintStream standardOutput = System.out;
    Main main = new Main();
    PrintWriter errors = new PrintWriter(err, true, StandardCharsets.UTF_8);
    PrintWriter results = new PrintWriter(out, true, StandardCharsets.UTF_8);
    LineFilter filter = new LineFilter(err);
    System.setOut(new PrintStream(filter, true, StandardCharsets.UTF_8));
    try {
      return commandLine(main, args)
          .setOut(results)
          .setErr(errors)
          .setCaseInsensitiveEnumValuesAllowed(true)
          .setParameterExceptionHandler((e, arguments) -> refuse(e, errors))
          .setExecutionExceptionHandler((e, command, parsed) -> main.report(e, errors))
          .execute(args);
    } catch (Error e) { // picocli passes these on: memory that ran out, a backend that cannot be loaded
      return main.report(e, errors);
    } finally {
      System.setOut(standardOutput);
      filter.close();
      results.flush();
      errors.flush();
    }
  }

  /** Of a command that is named first, picocli need not study the others: that takes a tenth of a second. */
  private static CommandLine commandLine(Main main, String... args) {
    CommandLine line = new CommandLine(main);
    Class<?> named = args.length == 0 ? null : COMMANDS.get(args[0]);
    (named == null ? COMMANDS.values() : List.of(named)).forEach(line::addSubcommand);
    return line;
  }

  private static int refuse(ParameterException e, PrintWriter errors) {
    errors.printf("%s; see %s --help%n", Failure.oneLine(e.getMessage()), e.getCommandLine().getCommandSpec().qualifiedName());
    return Failure.WRONG_INPUT;
  }

  private int report(Throwable thrown, PrintWriter errors) {
    Failure failure = Failure.of(thrown);
    errors.println(failure.sentence());
    if (trace || System.getenv(Failure.TRACE_VARIABLE) != null) {
      thrown.printStackTrace(errors);
    }
    return failure.exitCode();
  }

  /** Refuses a request that names no command. */
  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say which command: " + String.join(", ", spec.subcommands().keySet()));
  }
}
