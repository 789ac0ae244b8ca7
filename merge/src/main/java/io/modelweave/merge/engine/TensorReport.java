package io.modelweave.merge.engine;

import java.util.List;

/**
 * What happened to one tensor. Norms and cosines are those of the task vectors (model minus base), or of the models themselves where
 * there is no base; all are accumulated in double.
 *
 * @param name of the output
 * @param type stored type of the output
 * @param shape its dimensions
 * @param method that made it, {@code "copy"} where it was copied
 * @param norms Euclidean norm for each model
 * @param cosines {@code [i, j]} for each pair of models; 0 where a norm is 0
 * @param signConflicts share of the elements at which one model is positive and another negative, in [0, 1]
 * @param normRatio norm of the output divided by the root mean square of the norms of the models; 1 where both are 0. Below 1 the
 *     merge has cancelled something
 * @param nonFiniteInputs how many NaN and infinite elements each model has, the base last if there is one
 * @param nonFinite how many the output has
 * @param different how many of the other inputs differ from what was copied; only integers and booleans are compared
 * @param sha256 of the bytes of the output; empty where they stay in memory
 */
public record TensorReport(String name, String type, List<Long> shape, String method, List<Double> norms, List<List<Double>> cosines,
    double signConflicts, double normRatio, List<Long> nonFiniteInputs, long nonFinite, int different, String sha256) {}
