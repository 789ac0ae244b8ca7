package io.modelweave.benchmarks.suite;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The machine and the versions of all that takes part, by name. */
record Environment(Map<String, String> values) {

  static final List<String> COLUMNS = List.of("name", "value");

  private static final Pattern JAR = Pattern.compile("(nd4j-api|openblas|javacpp|jmh-core)-(\\d[^/]*?)\\.jar");
  private static final String PYTHON_VERSIONS = """
      import importlib.metadata as m, platform
      print("Python=" + platform.python_version())
      for name in ("torch", "transformers", "safetensors", "numpy", "mergekit"):
          try:
              print(name + "=" + m.version(name))
          except m.PackageNotFoundError:
              pass
      """;

  static Environment read(Optional<String> python) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("processor", processor());
    values.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
    values.put("memory", "%.0f GiB".formatted(
        ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class).getTotalMemorySize() / Math.pow(2, 30)));
    values.put("vector instructions", cpuField("flags").contains("avx512f") ? "AVX-512" : cpuField("flags").contains("avx2") ? "AVX2" : "");
    values.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version").replaceFirst("[^0-9.].*", ""));
    values.put("Java", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
    Matcher jars = JAR.matcher(System.getProperty("java.class.path").replaceAll("-(linux|macosx|windows)-[\\w-]+\\.jar", ""));
    while (jars.find()) {
      values.put(jars.group(1), jars.group(2));
    }
    values.put("threads an operation", "1 unless a case says otherwise");
    // OPENBLAS_CORETYPE alone can halve the speed of a matrix product
    System.getenv().entrySet().stream().filter(variable -> variable.getKey().matches("(OPENBLAS|MKL|OMP)_\\w+")).sorted(Map.Entry.comparingByKey())
        .forEach(variable -> values.put(variable.getKey(), variable.getValue()));
    python.ifPresent(interpreter -> Peer.output(interpreter, "-c", PYTHON_VERSIONS).lines().map(line -> line.split("=", 2))
        .filter(pair -> pair.length == 2).forEach(pair -> values.put(pair[0], pair[1])));
    values.values().removeIf(String::isEmpty);
    return new Environment(values);
  }

  static String processor() {
    String name = cpuField("model name");
    return name.isEmpty() ? System.getProperty("os.arch") : name;
  }

  private static String cpuField(String field) {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream().filter(line -> line.startsWith(field))
          .map(line -> line.substring(line.indexOf(':') + 1).strip()).findFirst().orElse("");
    } catch (IOException notLinux) {
      return "";
    }
  }

  String get(String name) {
    return values.getOrDefault(name, "");
  }

  /** Returns these values and those of before that this run does not know, such as Python's. */
  Environment over(Environment before) {
    Map<String, String> all = new LinkedHashMap<>(values);
    before.values.forEach(all::putIfAbsent);
    return new Environment(all);
  }

  static Environment parse(String csv) {
    Map<String, String> values = new LinkedHashMap<>();
    Csv.read(csv).forEach(line -> values.put(line.get("name"), line.get("value")));
    return new Environment(values);
  }

  String csv() {
    return Csv.write(COLUMNS, values.entrySet().stream().map(value -> List.of(value.getKey(), value.getValue())).toList());
  }

  String markdown() {
    StringBuilder table = new StringBuilder("| | |\n|---|---|\n");
    values.forEach((name, value) -> table.append("| %s | %s |%n".formatted(name, value)));
    return table.toString();
  }
}
