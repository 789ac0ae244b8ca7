package io.modelweave.merge.engine;

import io.modelweave.core.checkpoint.NonFiniteValues;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A model holds NaN or infinity, or the output would: nothing has been written. */
public final class NonFiniteTensorException extends IllegalArgumentException {

  private static final long serialVersionUID = 1;
  private static final int LISTED = 10;

  /** Creates an exception. */
  public NonFiniteTensorException(String message) {
    super(message);
  }

  /** What is known when a chunk of the output has such elements. */
  static NonFiniteTensorException in(TensorJob job, long elements) {
    String method = job.method() == null ? "copy" : job.method().name();
    return new NonFiniteTensorException("%s of \"%s\" gives %d elements that %s cannot hold; check the weights, or write a wider type"
        .formatted(method, job.name(), elements, job.info().type()));
  }

  /** Looks through all inputs once more, up to the tenth tensor with such elements; empty if there is none. */
  static Optional<NonFiniteTensorException> among(List<TensorJob> jobs) {
    List<String> found = new ArrayList<>();
    jobs.stream().filter(job -> job.method() != null).flatMap(job -> Stream.concat(job.models().stream(), Stream.ofNullable(job.base())))
        .distinct()
        .flatMap(source -> NonFiniteValues.find(source.checkpoint(), source.name())
            .map(values -> "%s: %s".formatted(source.origin(), values.describe())).stream())
        .limit(LISTED).forEach(found::add);
    return found.isEmpty() ? Optional.empty() : Optional.of(new NonFiniteTensorException(
        "there are NaN or infinite elements; repair the model, exclude these tensors%s, or allow such numbers:\n  %s".formatted(
            found.size() < LISTED ? "" : ", and perhaps more",
            String.join("\n  ", found))));
  }
}
