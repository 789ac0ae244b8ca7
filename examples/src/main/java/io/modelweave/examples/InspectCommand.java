package io.modelweave.examples;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.TensorInfo;
import io.modelweave.examples.report.JsonFile;
import io.modelweave.examples.report.TextTable;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists what is in a checkpoint: every tensor with type, shape, parameters and bytes, the totals, and the metadata. Reads headers only. */
@Command(name = "inspect", description = "Lists the tensors of a checkpoint.", mixinStandardHelpOptions = true)
final class InspectCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "PATH", description = "A .safetensors file, a directory in Hugging Face layout, a DL4J zip, or a SameDiff file (.sd, .fb).")
  private Path path;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  InspectCommand() {}

  @Override
  public void run() {
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      Listing listing = Listing.of(checkpoint);
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        out.println(JsonFile.text(listing));
      } else {
        out.print(listing.table());
      }
      out.flush();
    }
  }

  /** The contents, in the form of the JSON output. */
  private record Listing(String source, List<Row> tensors, Totals totals, Map<String, String> tied, Map<String, String> metadata) {

    static Listing of(Checkpoint checkpoint) {
      Map<String, String> tied = checkpoint.tied();
      List<Row> rows = checkpoint.names().stream().filter(name -> !tied.containsKey(name)).map(checkpoint::info).map(Row::of).toList();
      Totals totals = new Totals(rows.size(), rows.stream().mapToLong(Row::parameters).sum(), rows.stream().mapToLong(Row::bytes).sum());
      return new Listing(checkpoint.source(), rows, totals, tied, checkpoint.metadata());
    }

    String table() {
      TextTable table = new TextTable("name", "dtype", "shape", "parameters", "bytes");
      tensors.forEach(row -> table.row(row.name(), row.dtype(), row.shape().toString(), row.parameters(), row.bytes()));
      table.row("total of %d tensors".formatted(totals.tensors()), "", "", totals.parameters(), totals.bytes());
      StringBuilder text = new StringBuilder(table.toString());
      tied.forEach((alias, name) -> text.append("tied ").append(alias).append(": ").append(name).append('\n'));
      metadata.forEach((key, value) -> text.append("metadata ").append(key).append(": ").append(Failure.oneLine(value)).append('\n'));
      return text.toString();
    }
  }

  private record Row(String name, String dtype, List<Long> shape, long parameters, long bytes) {

    static Row of(TensorInfo info) {
      return new Row(info.name(), info.type().name(), info.shape(), info.length(), info.byteLength());
    }
  }

  private record Totals(int tensors, long parameters, long bytes) {}
}
