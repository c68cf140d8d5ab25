// Monte-Carlo error of a difference between two settings, which are answered from the same draws:
// what both share cancels. Draws count as independent; weights are of draws, sum to 1, or null.

// What each draw adds to the median's error: its weight times 1/2, or -1/2 at or below the median,
// over the density there, which is the slope of the quantiles two standard errors around the half.
function medianPulls(values, given) {
  const weights = given ?? new Float64Array(values.length).fill(1 / values.length);
  const order = Uint32Array.from(values, (_, d) => d).sort((a, b) => values[a] - values[b]);
  const step = Math.min(0.25, 1 / Math.sqrt(effectiveSize(weights)));
  const [low, median, high] = weightedQuantiles(values, weights, order, [0.5 - step, 0.5, 0.5 + step]);
  const slope = (high - low) / (2 * step);
  return Float64Array.from(values, (value, d) => (
    weights[d] * slope * (value > median ? 0.5 : -0.5)
  ));
}

function shareAbovePulls(values, given) {
  const weights = given ?? new Float64Array(values.length).fill(1 / values.length);
  const share = values.reduce((sum, value, d) => sum + (value > 0 ? weights[d] : 0), 0);
  return Float64Array.from(values, (value, d) => weights[d] * ((value > 0 ? 1 : 0) - share));
}

// Standard error of the difference of two summaries, from the pulls of each draw on them.
function pairedError(pulls, others) {
  return Math.sqrt(pulls.reduce((sum, pull, d) => sum + (pull - others[d]) ** 2, 0));
}
