// Draws with weights: quantiles and shares. Weights are of draws and sum to 1.

// A sorted draw stands at the middle of its weight; positions are stretched so that the first and
// the last draw are the quantiles 0 and 1, linear between them.
function weightedQuantiles(values, weights, order, probabilities) {
  const used = order.filter((d) => weights[d] > 0), count = used.length;
  const places = new Float64Array(count);
  let before = 0;
  used.forEach((d, k) => {
    places[k] = before + weights[d] / 2;
    before += weights[d];
  });
  const first = places[0], spread = places[count - 1] - first;
  return probabilities.map((probability) => {
    const wanted = first + probability * spread;
    let low = 0, high = count - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (places[middle] <= wanted) low = middle; else high = middle;
    }
    const width = places[high] - places[low];
    const part = width > 0 ? (wanted - places[low]) / width : 0;
    const [below, above] = [values[used[low]], values[used[high]]];
    return below + part * (above - below);
  });
}

// The same summaries as without weights; intervals have equal tails.
function summariseWeighted(values, horizon, draws, rule, weights) {
  const result = emptySummary(horizon);
  const tail = (1 - rule.prob) / 2;
  for (let t = 0; t < horizon; t += 1) {
    const own = values.subarray(t * draws, (t + 1) * draws);
    const order = Uint32Array.from(own, (_, d) => d).sort((a, b) => own[a] - own[b]);
    const found = weightedQuantiles(own, weights, order, [0.5, tail, 1 - tail, 0.25, 0.75]);
    [result.median[t], result.lower[t], result.upper[t]] = found;
    [result.halfLower[t], result.halfUpper[t]] = found.slice(3);
    let above = 0;
    for (let d = 0; d < draws; d += 1) if (own[d] > 0) above += weights[d];
    result.above[t] = above;
  }
  return result;
}

// Weights of the draws where beliefs move by the share `dial` (-1 to 1) of the way from the stated
// ones to those of the first named set (below 0) or the second (above). null at 0: all alike.
function beliefWeights(beliefs, dial) {
  if (beliefs === null || dial === 0) return null;
  const row = beliefs.rows[dial < 0 ? 0 : 1], size = Math.abs(dial);
  const largest = row.reduce((most, value) => Math.max(most, size * value), -Infinity);
  const raw = row.map((value) => Math.exp(size * value - largest));
  const sum = raw.reduce((total, value) => total + value, 0);
  return raw.map((value) => value / sum);
}

// How many draws alike would say as much.
function effectiveSize(weights) {
  return 1 / weights.reduce((sum, weight) => sum + weight * weight, 0);
}
