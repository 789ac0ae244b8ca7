package io.modelweave.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * Adds the processor time an operation took, over all threads of the fork: on a machine that does other work too, it says more than
 * time on the clock. Compilation and garbage collection count.
 *
 * <pre>{@code
 * benchmarks/run -prof io.modelweave.benchmarks.ProcessorTimeProfiler
 * }</pre>
 */
public final class ProcessorTimeProfiler implements InternalProfiler {

  private final OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  private long start;

  @Override
  public String getDescription() {
    return "processor time an operation, all threads";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    start = system.getProcessCpuTime();
  }

  @Override
  public Collection<? extends Result<?>> afterIteration(BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    double milliseconds = (system.getProcessCpuTime() - start) / 1e6 / Math.max(1, result.getMetadata().getMeasuredOps());
    return List.of(new ScalarResult("processorTime", milliseconds, "ms/op", AggregationPolicy.AVG));
  }
}
