package io.modelweave.merge;

import com.google.common.hash.Hashing;
import io.modelweave.core.Checkpoint;
import io.modelweave.merge.engine.MergeOptions;
import io.modelweave.merge.engine.Source;
import io.modelweave.merge.engine.TensorJob;
import io.modelweave.merge.method.MergeMethod;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where a merged checkpoint comes from, as metadata that travels with it into files. */
final class Provenance {

  private static final String POM = "/META-INF/maven/io.modelweave/modelweave-merge/pom.properties";

  private static final Pattern USUAL_FILE = Pattern.compile("[/\\\\]model\\.safetensors(?!\\S)");
  private static final Pattern FOLDERS = Pattern.compile("(?:[A-Za-z]:)?[/\\\\]?(?:[^/\\\\\\s]+[/\\\\])+");

  private Provenance() {}

  /** Returns the metadata of {@code a} and, over them, method, alpha, parents and library version; see below for {@code format}. */
  static Map<String, String> of(String method, double alpha, Checkpoint a, Checkpoint b) {
    Map<String, String> metadata = new LinkedHashMap<>(a.metadata());
    metadata.put("modelweave.method", method);
    metadata.put("modelweave.alpha", Double.toString(alpha));
    metadata.putIfAbsent("format", "pt");
    metadata.put("modelweave.parent.a", named(a.source()));
    metadata.put("modelweave.parent.b", named(b.source()));
    metadata.put("modelweave.version", version());
    return metadata;
  }

  /** Returns what the output of a merge says of itself; {@code format} lets transformers read the file. */
  static Map<String, String> of(List<TensorJob> jobs, Map<String, Map<String, List<Double>>> settings, MergeOptions options,
      Map<String, String> own) {
    Map<String, String> metadata = new LinkedHashMap<>(own);
    metadata.putIfAbsent("format", "pt");
    metadata.put("modelweave.method", distinct(jobs.stream().map(TensorJob::method).filter(Objects::nonNull).map(MergeMethod::name)));
    metadata.put("modelweave.citation", distinct(jobs.stream().map(TensorJob::method).filter(Objects::nonNull).map(MergeMethod::citation)));
    List<String> models = origins(jobs.stream().flatMap(job -> job.models().stream()));
    List<String> bases = origins(jobs.stream().map(TensorJob::base).filter(Objects::nonNull));
    metadata.put("modelweave.models", String.join("; ", models.stream().map(Provenance::named).toList()));
    metadata.put("modelweave.base", String.join("; ", bases.stream().map(Provenance::named).toList()));
    if (options.hashInputs()) {
      metadata.put("modelweave.sha256", InputHashes.of(Stream.concat(models.stream(), bases.stream()).toList()));
    }
    metadata.put("modelweave.parameters", settings.values().stream().distinct().count() == 1
        ? settings.values().iterator().next().toString() : "by tensor, SHA-256 " + sha256(settings.toString()));
    metadata.put("modelweave.seed", Long.toString(options.seed()));
    metadata.put("modelweave.version", version());
    return metadata;
  }

  /** Returns a hash of everything that the bytes of a merge depend on; files count by name, size and time of change. */
  static String fingerprint(List<TensorJob> jobs, Map<String, Map<String, List<Double>>> settings, Map<String, String> metadata) {
    StringBuilder text = new StringBuilder().append(metadata).append(settings);
    for (TensorJob job : jobs) {
      text.append('\n').append(job.info()).append(job.seedName()).append(job.method() == null ? "copy" : job.method().name());
      Stream.concat(job.models().stream(), Stream.ofNullable(job.base()))
          .forEach(source -> text.append(source.name()).append(source.info()).append(source.origin()));
    }
    jobs.stream().flatMap(job -> Stream.concat(job.models().stream(), Stream.ofNullable(job.base()))).map(source -> source.origin())
        .distinct().forEach(source -> text.append('\n').append(stamp(source)));
    return sha256(text.toString());
  }

  private static String stamp(String source) {
    try {
      Path path = Path.of(source);
      if (!Files.exists(path)) {
        return source;
      }
      try (Stream<Path> files = Files.isDirectory(path) ? Files.list(path) : Stream.of(path)) {
        StringBuilder text = new StringBuilder();
        for (Path file : files.sorted().toList()) {
          text.append(file).append(' ').append(Files.size(file)).append(' ').append(Files.getLastModifiedTime(file)).append('\n');
        }
        return text.toString();
      }
    } catch (InvalidPathException e) {
      return source;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot look at " + source, e);
    }
  }

  private static List<String> origins(Stream<Source> sources) {
    return sources.map(Source::origin).distinct().toList();
  }

  /** Returns what a source is called, without the folders of this machine; a file with the usual name is called as its folder is. */
  static String named(String source) {
    return FOLDERS.matcher(USUAL_FILE.matcher(source).replaceAll("")).replaceAll("");
  }

  private static String distinct(Stream<String> texts) {
    return texts.distinct().collect(Collectors.joining("; "));
  }

  private static String sha256(String text) {
    return Hashing.sha256().hashString(text, StandardCharsets.UTF_8).toString();
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
