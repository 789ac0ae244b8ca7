package io.modelweave.examples.paper.experiment;

import java.util.List;

/**
 * Numbers of an experiment: a table of the report, and a CSV file.
 *
 * @param name of its file, without {@code .csv}
 * @param title a sentence above it
 * @param header names of the columns
 * @param rows a cell for each column
 */
public record Table(String name, String title, List<String> header, List<List<Object>> rows) {}
