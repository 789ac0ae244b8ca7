package io.modelweave.benchmarks.suite;

import io.modelweave.benchmarks.MergeFiles;
import io.modelweave.benchmarks.SyntheticModels;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.core.checkpoint.TensorInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@link MergeFiles} beside its peers: each merge a process of its own, timed from its start to its end. */
final class MergeFilesPart implements Part {

  /** mergekit reads a model only with a configuration beside it. */
  private static final String CONFIG = "{\"architectures\": [\"GPT2LMHeadModel\"], \"model_type\": \"gpt2\", \"vocab_size\": 50257, "
      + "\"n_positions\": 1024, \"n_embd\": 768, \"n_layer\": 12, \"n_head\": 12}\n";
  /** As {@code examples/run} has it: else the collector waits for as much garbage as the machine is thought to have room for. */
  private static final String YOUNG_GENERATION = "-Xmn32m";
  private static final Peer PYTORCH = new Peer("merge_files.py", "PyTorch");
  /** As mergekit does it, which cannot be had everywhere: it sorts to find what is largest. */
  private static final Peer SORTING = new Peer("merge_files.py", "PyTorch (argsort)");
  private static final Peer MERGEKIT = new Peer("mergekit_files.py", "mergekit");

  @Override
  public String name() {
    return MergeFiles.class.getSimpleName();
  }

  @Override
  public int rounds(boolean quick) {
    return quick ? 1 : 3;
  }

  @Override
  public List<Turn> turns(Session session, int round) {
    List<Peer> peers = new ArrayList<>();
    session.python().ifPresent(python -> {
      peers.add(PYTORCH);
      if (Peer.has(python, "mergekit")) {
        peers.add(MERGEKIT);
      }
    });
    boolean sorting = session.python().isPresent() && !session.quick();
    List<Turn> turns = new ArrayList<>();
    for (ElementType type : session.quick() ? List.of(ElementType.BF16) : List.of(ElementType.F32, ElementType.BF16)) {
      for (String method : List.of("copy", "linear", "ties")) {
        Case measured = new Case("merge", Map.of("method", method, "type", type.name()));
        turns.add(new Turn("%s, %s %s".formatted(Sample.OURS, method, type),
            into -> into.accept(ours(method, folder(session, type), measured))));
        Case again = new Case("merge", Map.of("method", method, "process", "used", "type", type.name()));
        turns.add(new Turn("%s, %s %s in a used process".formatted(Sample.OURS, method, type),
            into -> into.accept(third(method, folder(session, type), again))));
        if (!method.equals("copy")) {
          Case command = command(measured);
          turns.add(new Turn("%s, %s %s by examples/run".formatted(Sample.OURS, method, type),
              into -> into.accept(command(session, method, folder(session, type), command, round))));
          peers.forEach(peer -> turns.add(theirs(session, peer, type, method, measured, round)));
        }
        if (method.equals("ties") && sorting) {
          turns.add(theirs(session, SORTING, type, "ties-by-sorting", measured, round));
        }
      }
    }
    return turns;
  }

  /**
   * Merges the models of a folder once, in a new process.
   *
   * @param method {@code linear}, {@code ties} or {@code copy}
   */
  static Sample ours(String method, Path folder, Case measured) {
    clear(folder);
    long start = System.nanoTime();
    List<String> printed = process(method, folder, 1);
    return new Sample(Sample.OURS, measured, (System.nanoTime() - start) / 1e6, Long.parseLong(printed.get(1)));
  }

  /** The third merge of a process, from its own start to its end. */
  private static Sample third(String method, Path folder, Case measured) {
    List<String> printed = process(method, folder, 3);
    return new Sample(Sample.OURS, measured, Double.parseDouble(printed.get(0)), Long.parseLong(printed.get(1)));
  }

  private static Case command(Case measured) {
    return new Case(measured.method(), Map.of("method", measured.text("method"), "process", "command", "type", measured.text("type")));
  }

  /** The command that users have: it starts sooner, because its first run leaves an archive of classes behind. */
  private static Sample command(Session session, String method, Path folder, Case measured, int round) {
    try {
      Path recipe = Files.writeString(folder.resolve(method + ".yml"), recipe(method, folder));
      long milliseconds = 0;
      for (int runs = round == 0 ? 3 : 1; runs > 0; runs--) { // the first builds the command, the next leaves the archive
        clear(folder);
        long start = System.nanoTime();
        Process process = new ProcessBuilder(session.peers().resolve("../../examples/run").toString(), "merge", recipe.toString(),
            folder.resolve(MergeFiles.OUTPUT).toString()).redirectOutput(Redirect.DISCARD).redirectError(Redirect.DISCARD).start();
        if (process.waitFor() != 0) {
          throw new IllegalStateException("examples/run merge %s ends with exit code %d".formatted(recipe, process.exitValue()));
        }
        milliseconds = (System.nanoTime() - start) / 1_000_000;
      }
      return new Sample(Sample.OURS, measured, milliseconds, 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String recipe(String method, Path folder) {
    String parameters = method.equals("ties") ? "{weight: 0.5, density: 0.3}" : "{weight: 0.5}";
    StringBuilder recipe = new StringBuilder("merge_method: ").append(method).append("\nmodels:\n");
    for (String name : List.of("a", "b")) {
      recipe.append("  - model: ").append(folder.resolve(name).toAbsolutePath()).append('\n');
      recipe.append("    parameters: ").append(parameters).append('\n');
    }
    if (method.equals("ties")) {
      recipe.append("base_model: ").append(folder.resolve("base").toAbsolutePath()).append('\n');
    }
    return recipe.toString();
  }

  /** Returns the milliseconds of the last merge and the largest resident memory, as they are printed. */
  private static List<String> process(String method, Path folder, int merges) {
    try {
      Process process = new ProcessBuilder(ProcessHandle.current().info().command().orElse("java"), YOUNG_GENERATION, "-cp",
          System.getProperty("java.class.path"), MergeFiles.class.getName(), method, folder.toString(), String.valueOf(merges))
          .redirectError(Redirect.INHERIT).start();
      List<String> printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
      if (process.waitFor() != 0) {
        throw new IllegalStateException("merging %s in %s ends with exit code %d".formatted(method, folder, process.exitValue()));
      }
      return printed.subList(printed.size() - 2, printed.size());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Returns a turn of a peer, whose script may have another name for the method. */
  private static Turn theirs(Session session, Peer peer, ElementType type, String method, Case measured, int round) {
    return new Turn("%s, %s %s".formatted(peer.name(), measured.text("method"), type), into -> {
      Path folder = folder(session, type);
      clear(folder);
      Path csv = session.results().raw("%s-%s-%s-%d.csv".formatted(peer.script().replace(".py", ""), method,
          measured.text("type").toLowerCase(Locale.ROOT), round + 1));
      long start = System.nanoTime();
      List<Sample> samples = peer.run(session.python().orElseThrow(), session.peers(), csv, session.quick(), method, folder.toString());
      double milliseconds = (System.nanoTime() - start) / 1e6; // the start of the interpreter is part of the job
      into.accept(new Sample(peer.name(), measured, milliseconds, samples.get(0).peakMegabytes()));
      into.accept(new Sample(peer.name(), command(measured), milliseconds, samples.get(0).peakMegabytes()));
    });
  }

  /** To write over a file is another job than to write one. */
  private static void clear(Path folder) {
    try {
      Files.deleteIfExists(folder.resolve(MergeFiles.OUTPUT));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes the models unless they are there. */
  private static Path folder(Session session, ElementType type) {
    Path folder = session.models().resolve("gpt2-small-" + type.name().toLowerCase(Locale.ROOT));
    models(folder, SyntheticModels.gpt2Small(type), List.of("a", "b", "base"));
    return folder;
  }

  static void models(Path folder, List<TensorInfo> tensors, List<String> names) {
    try {
      for (String name : names) {
        Path file = MergeFiles.file(folder, name);
        if (!Files.exists(file)) {
          Files.createDirectories(file.getParent());
          Files.writeString(file.resolveSibling("config.json"), CONFIG);
          SyntheticModels.write(file, tensors, name.hashCode());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Work work(Case measured) {
    return CostModels.mergeFiles(measured);
  }
}
