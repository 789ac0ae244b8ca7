package io.modelweave.examples.paper.lab;

import java.util.List;

/**
 * Trained routers.
 *
 * @param loss nats per token on the target
 * @param trained parameters of the routers
 * @param total parameters of the routed model
 * @param active parameters that a token passes
 * @param usage how much each block uses each of its experts
 */
public record Routed(double loss, long trained, long total, long active, List<Usage> usage) {

  /**
   * One expert in one block.
   *
   * @param block that routes
   * @param model of the expert: 0 maths, 1 code, 2 the base
   * @param layer of the expert
   * @param gate mean weight of its output over the target's validation tokens
   */
  public record Usage(int block, int model, int layer, double gate) {}
}
