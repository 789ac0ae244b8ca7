package io.modelweave.merge;

import io.modelweave.core.Checkpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/** Where a merged checkpoint comes from, as metadata that travels with it into files. */
final class Provenance {

  private static final String POM = "/META-INF/maven/io.modelweave/modelweave-merge/pom.properties";

  private Provenance() {}

  /** Returns the metadata of {@code a} and, over them, method, alpha, parents and library version. */
  static Map<String, String> of(String method, double alpha, Checkpoint a, Checkpoint b) {
    Map<String, String> metadata = new LinkedHashMap<>(a.metadata());
    metadata.put("modelweave.method", method);
    metadata.put("modelweave.alpha", Double.toString(alpha));
    metadata.put("modelweave.parent.a", a.source());
    metadata.put("modelweave.parent.b", b.source());
    metadata.put("modelweave.version", version());
    return metadata;
  }

  private static String version() {
    try (InputStream in = Provenance.class.getResourceAsStream(POM)) {
      Properties properties = new Properties();
      if (in != null) {
        properties.load(in);
      }
      return properties.getProperty("version", "development");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
