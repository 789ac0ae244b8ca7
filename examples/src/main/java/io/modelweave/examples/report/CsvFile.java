package io.modelweave.examples.report;

import io.modelweave.core.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** Comma-separated files with a header line. Numbers are written in full precision, with a point. */
public final class CsvFile {

  private CsvFile() {}

  /**
   * Writes a file, replacing one that is there.
   *
   * @param rows cells in the order of the header; a cell is written as its {@code toString()}
   * @throws IllegalArgumentException naming the first row that does not have a cell for each column
   * @throws UncheckedIOException if the file cannot be written
   */
  public static void write(Path file, List<String> header, List<? extends List<?>> rows) {
    StringBuilder text = new StringBuilder();
    CSVFormat format = CSVFormat.DEFAULT.builder().setHeader(header.toArray(String[]::new)).setRecordSeparator('\n').get();
    try (CSVPrinter printer = new CSVPrinter(text, format)) {
      for (int i = 0; i < rows.size(); i++) {
        if (rows.get(i).size() != header.size()) {
          throw new IllegalArgumentException("%s: row %d has %d cells for the %d columns %s".formatted(file, i, rows.get(i).size(), header.size(), header));
        }
        printer.printRecord(rows.get(i));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    AtomicFile.write(file, text.toString().getBytes(StandardCharsets.UTF_8));
  }
}
