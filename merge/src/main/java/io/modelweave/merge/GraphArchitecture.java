package io.modelweave.merge;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.CheckpointComparison;
import io.modelweave.core.samediff.GraphWeights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.ops.CustomOp;

/** What two SameDiff graphs compute, compared: operations with their inputs and arguments, and the values of constants. */
final class GraphArchitecture {

  private GraphArchitecture() {}

  /** Returns one sentence fragment for each operation or constant in which two graphs differ. */
  static List<String> differences(SameDiff a, SameDiff b) {
    List<String> problems = new ArrayList<>();
    Map<String, SameDiffOp> left = a.getOps();
    Map<String, SameDiffOp> right = b.getOps();
    TreeSet<String> names = new TreeSet<>(left.keySet());
    names.addAll(right.keySet());
    for (String name : names) {
      String of = left.containsKey(name) ? describe(left.get(name)) : "absent";
      String against = right.containsKey(name) ? describe(right.get(name)) : "absent";
      if (!of.equals(against)) {
        problems.add("operation \"%s\" is %s against %s".formatted(name, of, against));
      }
    }
    try (Checkpoint constantsOfA = GraphWeights.checkpoint(a, VariableType.CONSTANT);
        Checkpoint constantsOfB = GraphWeights.checkpoint(b, VariableType.CONSTANT)) {
      CheckpointComparison.mismatches(constantsOfA, constantsOfB).forEach(problem -> problems.add("constant " + problem));
      for (String name : constantsOfA.names()) {
        if (constantsOfB.contains(name) && constantsOfA.info(name).equals(constantsOfB.info(name))
            && !CheckpointComparison.sameBits(constantsOfA, constantsOfB, name)) {
          problems.add("constant \"%s\": values differ".formatted(name));
        }
      }
    }
    return problems;
  }

  private static String describe(SameDiffOp operation) {
    String arguments = operation.getOp() instanceof CustomOp op
        ? Arrays.toString(op.iArgs()) + Arrays.toString(op.tArgs()) + Arrays.toString(op.bArgs()) : "";
    return operation.getOp().opName() + operation.getInputsToOp() + arguments;
  }
}
