package io.modelweave.moe;

/**
 * How a router scores, chooses and weighs experts, and what its training adds to the loss.
 *
 * @param topK {@code k}, experts kept for each token; 0 for all
 * @param softmaxOrder whether probabilities are computed before or after the choice
 * @param renormalise whether the kept probabilities are divided by their sum; with {@link SoftmaxOrder#AFTER_TOP_K} they sum to 1 anyway
 * @param temperature logits are divided by it; positive
 * @param jitter while training, the router's input, not the experts', is multiplied by numbers uniform in {@code 1 +- jitter}; in [0, 1)
 * @param hiddenUnits units of a GELU layer in front of the router's linear one; 0 for none
 * @param shared whether all blocks use the probabilities of block 0's router
 * @param balanceLoss weight of the load-balancing loss, {@code (E / k) sum_e f_e P_e} a block, averaged over the blocks:
 *     1 for uniform routing
 * @param zLoss weight of the mean squared log-sum-exp of the logits, averaged over the blocks
 * @param balanceRate step of balancing by biases, which changes what is chosen and not how it is weighed; 0 for none
 * @param paddingId tokens of this id count in neither loss; -1 if there is none
 * @param initialization weights before training
 * @param seed of the initial weights and of the jitter
 */
public record RouterOptions(int topK, SoftmaxOrder softmaxOrder, boolean renormalise, double temperature, double jitter, int hiddenUnits,
    boolean shared, double balanceLoss, double zLoss, double balanceRate, int paddingId, RouterInitialization initialization, long seed) {

  /** When the softmax is taken. */
  public enum SoftmaxOrder {
    /** Of all logits; the kept probabilities are part of the whole. */
    BEFORE_TOP_K,
    /** Of the kept logits, which equals {@link #BEFORE_TOP_K} with renormalisation. */
    AFTER_TOP_K
  }

  /** Checks all values. */
  public RouterOptions {
    require(topK >= 0, "topK is %s, must be at least 1, or 0 for all experts", topK);
    require(temperature > 0 && Double.isFinite(temperature), "temperature is %s, must be positive and finite", temperature);
    require(jitter >= 0 && jitter < 1, "jitter is %s, must be in [0, 1)", jitter);
    require(hiddenUnits >= 0, "hiddenUnits is %s, must not be negative", hiddenUnits);
    require(balanceLoss >= 0 && Double.isFinite(balanceLoss), "balanceLoss is %s, must be finite and not negative", balanceLoss);
    require(zLoss >= 0 && Double.isFinite(zLoss), "zLoss is %s, must be finite and not negative", zLoss);
    require(balanceRate >= 0 && Double.isFinite(balanceRate), "balanceRate is %s, must be finite and not negative", balanceRate);
    require(paddingId >= -1, "paddingId is %s, must be a token id, or -1 for none", paddingId);
  }

  private static void require(boolean condition, String message, Object value) {
    if (!condition) {
      throw new IllegalArgumentException(message.formatted(value));
    }
  }

  /** Returns a dense mixture by a linear router for each block that starts at 0, without further losses. */
  public static RouterOptions defaults() {
    return new RouterOptions(0, SoftmaxOrder.BEFORE_TOP_K, false, 1, 0, 0, false, 0, 0, 0, -1, RouterInitialization.ZERO, 0);
  }

  /** Returns whether the kept weights of a token sum to 1. */
  boolean sumsToOne() {
    return renormalise || softmaxOrder == SoftmaxOrder.AFTER_TOP_K;
  }

  /** Returns the same options with another number of kept experts. */
  public RouterOptions withTopK(int k) {
    return new RouterOptions(k, softmaxOrder, renormalise, temperature, jitter, hiddenUnits, shared, balanceLoss, zLoss, balanceRate,
        paddingId, initialization, seed);
  }

  /** Returns the same options with the softmax before or after the choice. */
  public RouterOptions withSoftmaxOrder(SoftmaxOrder order) {
    return new RouterOptions(topK, order, renormalise, temperature, jitter, hiddenUnits, shared, balanceLoss, zLoss, balanceRate, paddingId,
        initialization, seed);
  }

  /** Returns the same options with or without renormalisation. */
  public RouterOptions withRenormalise(boolean on) {
    return new RouterOptions(topK, softmaxOrder, on, temperature, jitter, hiddenUnits, shared, balanceLoss, zLoss, balanceRate, paddingId,
        initialization, seed);
  }

  /** Returns the same options with another temperature. */
  public RouterOptions withTemperature(double newTemperature) {
    return new RouterOptions(topK, softmaxOrder, renormalise, newTemperature, jitter, hiddenUnits, shared, balanceLoss, zLoss, balanceRate,
        paddingId, initialization, seed);
  }

  /** Returns the same options with another jitter. */
  public RouterOptions withJitter(double newJitter) {
    return new RouterOptions(topK, softmaxOrder, renormalise, temperature, newJitter, hiddenUnits, shared, balanceLoss, zLoss, balanceRate,
        paddingId, initialization, seed);
  }

  /** Returns the same options with another hidden layer. */
  public RouterOptions withHiddenUnits(int units) {
    return new RouterOptions(topK, softmaxOrder, renormalise, temperature, jitter, units, shared, balanceLoss, zLoss, balanceRate,
        paddingId, initialization, seed);
  }

  /** Returns the same options with one router for all blocks, or one for each. */
  public RouterOptions withShared(boolean one) {
    return new RouterOptions(topK, softmaxOrder, renormalise, temperature, jitter, hiddenUnits, one, balanceLoss, zLoss, balanceRate,
        paddingId, initialization, seed);
  }

  /** Returns the same options with other weights of the two losses. */
  public RouterOptions withLosses(double balance, double z) {
    return new RouterOptions(topK, softmaxOrder, renormalise, temperature, jitter, hiddenUnits, shared, balance, z, balanceRate, paddingId,
        initialization, seed);
  }

  /** Returns the same options with another step of balancing by biases. */
  public RouterOptions withBalanceRate(double rate) {
    return new RouterOptions(topK, softmaxOrder, renormalise, temperature, jitter, hiddenUnits, shared, balanceLoss, zLoss, rate, paddingId,
        initialization, seed);
  }

  /** Returns the same options with another id of padding. */
  public RouterOptions withPaddingId(int id) {
    return new RouterOptions(topK, softmaxOrder, renormalise, temperature, jitter, hiddenUnits, shared, balanceLoss, zLoss, balanceRate, id,
        initialization, seed);
  }

  /** Returns the same options with other initial weights. */
  public RouterOptions withInitialization(RouterInitialization newInitialization, long newSeed) {
    return new RouterOptions(topK, softmaxOrder, renormalise, temperature, jitter, hiddenUnits, shared, balanceLoss, zLoss, balanceRate,
        paddingId, newInitialization, newSeed);
  }
}
