package io.modelweave.merge.engine;

import com.google.common.hash.Hashing;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.core.checkpoint.TensorInfo;
import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Settings;
import io.modelweave.merge.method.TensorContext;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Turns jobs into plans and finds everything that is wrong with them, from headers alone. */
final class JobPlanner {

  private static final int COPY_BYTES = 1 << 20;

  private final long seed;
  private final List<String> problems = new ArrayList<>();
  private final Map<String, List<String>> common = new LinkedHashMap<>();

  JobPlanner(long seed) {
    this.seed = seed;
  }

  /** Returns groups of tensors that are merged together. */
  List<List<PlannedTensor>> plan(List<TensorJob> jobs) {
    List<List<TensorJob>> groups = new ArrayList<>();
    Map<MergeMethod, List<TensorJob>> groupOf = new HashMap<>();
    Set<String> names = new HashSet<>();
    for (TensorJob job : jobs) {
      if (!names.add(job.name())) {
        problems.add("\"%s\": two tensors of the output have this name".formatted(job.name()));
      }
      MergeMethod method = job.method();
      if (method == null || !method.wholeModel()) {
        groups.add(List.of(job));
        continue;
      }
      List<TensorJob> group = groupOf.get(method);
      if (group == null) {
        group = new ArrayList<>();
        groups.add(group);
        groupOf.put(method, group);
      }
      group.add(job);
    }
    return groups.stream().map(this::planGroup).toList();
  }

  /** Returns one sentence fragment for each problem; what many tensors share is said once. */
  List<String> problems() {
    List<String> all = new ArrayList<>(problems);
    common.forEach((problem, tensors) -> all.add("%s (\"%s\"%s)".formatted(problem, tensors.get(0),
        tensors.size() == 1 ? "" : " and %d more".formatted(tensors.size() - 1))));
    return all;
  }

  private List<PlannedTensor> planGroup(List<TensorJob> jobs) {
    List<PlannedTensor> group = new ArrayList<>();
    int chunks = 0;
    for (TensorJob job : jobs) {
      PlannedTensor planned = planTensor(job, chunks);
      if (planned != null) {
        group.add(planned);
        chunks += planned.context().chunks();
      }
    }
    return group;
  }

  private @Nullable PlannedTensor planTensor(TensorJob job, int firstChunk) {
    List<Source> sources = Stream.concat(job.models().stream(), Stream.ofNullable(job.base())).toList();
    if (!present(job, sources)) {
      return null;
    }
    TensorInfo info = job.info();
    MergeMethod method = job.method();
    if (method == null) {
      int length = COPY_BYTES * Byte.SIZE / info.type().bits();
      return new PlannedTensor(job, context(job, info, Settings.NONE, length, firstChunk));
    }
    requireArithmetic(job, sources, info);
    requireInputs(job, method);
    Settings settings = Settings.resolve(method, job.name(), job.models().size(), job.parameters(), problem -> note(problem, job));
    method.check(settings, problem -> note(problem, job));
    long indivisible = Math.max(1, method.indivisible(info.shape(), settings));
    if (indivisible > 1 << 28) {
      problems.add("\"%s\": %s needs %d elements in memory at once; exclude the tensor".formatted(job.name(), method.name(), indivisible));
      return null;
    }
    int length = (int) (Math.max(1, StreamingMerge.CHUNK / indivisible) * indivisible);
    return new PlannedTensor(job, context(job, info, settings, length, firstChunk));
  }

  private boolean present(TensorJob job, List<Source> sources) {
    List<Source> missing = sources.stream().filter(source -> !source.checkpoint().contains(source.name())).toList();
    missing.forEach(source -> problems.add("\"%s\": there is no %s".formatted(job.name(), source.describe())));
    if (sources.isEmpty()) {
      problems.add("\"%s\": it is made of no tensor at all".formatted(job.name()));
    }
    return missing.isEmpty() && !sources.isEmpty();
  }

  private void requireArithmetic(TensorJob job, List<Source> sources, TensorInfo info) {
    for (Source source : sources) {
      if (!source.info().shape().equals(info.shape())) {
        problems.add("\"%s\": %s in %s against %s".formatted(job.name(), source.info().describe(), source.origin(),
            info.shape()));
      } else if (job.type() == null && source.info().type() != info.type()) {
        problems.add("\"%s\": %s in %s against %s; name the type of the output to merge them".formatted(job.name(),
            source.info().describe(), source.origin(), info.type()));
      }
      if (!ElementCodec.supports(source.info().type())) {
        problems.add("\"%s\": there is no arithmetic on %s; exclude the tensor or convert it".formatted(job.name(), source.info().type()));
      }
    }
    if (!ElementCodec.supports(info.type())) {
      problems.add("\"%s\": nothing can be rounded to %s".formatted(job.name(), info.type()));
    }
  }

  private void requireInputs(TensorJob job, MergeMethod method) {
    Inputs needs = method.inputs();
    int models = job.models().size();
    if (models < needs.fewest() || models > needs.most()) {
      String wanted = needs.fewest() == needs.most() ? "exactly %d".formatted(needs.fewest())
          : models < needs.fewest() ? "at least %d".formatted(needs.fewest()) : "at most %d".formatted(needs.most());
      note("%s takes %s models, not %d".formatted(method.name(), wanted, models), job);
    }
    if (needs.base() == Inputs.Base.REQUIRED && job.base() == null) {
      note("%s needs a base".formatted(method.name()), job);
    }
    if (needs.base() == Inputs.Base.UNUSED && job.base() != null) {
      note("%s has no use for a base".formatted(method.name()), job);
    }
  }

  private void note(String problem, TensorJob job) {
    common.computeIfAbsent(problem, key -> new ArrayList<>()).add(job.name());
  }

  private TensorContext context(TensorJob job, TensorInfo info, Settings settings, int chunkLength, int firstChunk) {
    boolean precise = Stream.concat(job.models().stream(), Stream.ofNullable(job.base()))
        .anyMatch(source -> source.info().type() == ElementType.F64);
    long tensorSeed = seed * 31 + Hashing.farmHashFingerprint64().hashString(job.seedName(), StandardCharsets.UTF_8).asLong();
    return new TensorContext(job.name(), info.shape(), job.models().size(), job.base() != null, precise, settings, tensorSeed, chunkLength,
        firstChunk);
  }
}
