package io.modelweave.examples.paper.experiment;

import java.util.List;

/**
 * What an experiment found.
 *
 * @param name in report.json
 * @param title of its part of the report
 * @param figures in order
 * @param tables the most important first
 * @param findings the claims that it bears on
 * @param results everything it measured, as JSON holds it
 */
public record Section(String name, String title, List<Figure> figures, List<Table> tables, List<Finding> findings, Object results) {}
