// How likely a statement about a path is, and what relief it takes. Knows paths, not pages.
// A statement: {outcome, value, below, word: "in", "by", "through" or "on average over",
//   first, last}: periods counted from 1; value in percent where the path is in log points.

function openPaths(data) {
  if (data === null) return null;
  const rows = unpackRows(data.rows);
  const draws = data.rows.shape[1];
  const paths = {};
  data.outcomes.forEach((name, at) => {
    const own = new Float64Array(data.horizon * draws);
    for (let t = 0; t < data.horizon; t += 1) own.set(rows[at * data.horizon + t], t * draws);
    paths[name] = own;
  });
  return { paths, horizon: data.horizon, draws };
}

// Whether each draw's path is at or beyond the value when asked.
// `path(t, d)` in percent or points, t from 0.
function met(statement, draws, path) {
  const { value, below, word, first, last } = statement;
  const from = word === "in" ? last : word === "by" ? 1 : first;
  const reached = (number) => (below ? number <= value : number >= value);
  const result = new Uint8Array(draws);
  for (let d = 0; d < draws; d += 1) {
    if (word === "on average over") {
      let sum = 0;
      for (let t = from - 1; t < last; t += 1) sum += path(t, d);
      result[d] = reached(sum / (last - from + 1));
      continue;
    }
    // `by` asks for one period, `in` and `through` for all of theirs.
    const any = word === "by";
    let holds = !any;
    for (let t = from - 1; t < last && holds !== any; t += 1) holds = reached(path(t, d));
    result[d] = holds;
  }
  return result;
}

function share(holds, weights) {
  let sum = 0;
  holds.forEach((one, d) => { if (one) sum += weights === null ? 1 : weights[d]; });
  return weights === null ? sum / holds.length : sum;
}

// The chance of a statement when `depth` of the effect is added to the path without relief.
function chanceOf(statement, opened, effect, percent, depth, weights) {
  const { draws } = opened, path = opened.paths[statement.outcome];
  const value = (t, d) => {
    const found = path[t * draws + d] + depth * (effect === null ? 0 : effect[t * draws + d]);
    return percent ? 100 * Math.expm1(found / 100) : found;
  };
  return share(met(statement, draws, value), weights);
}

// The smallest depth, in steps of a hundredth, at which the chance is reached; null if none.
function reliefFor(statement, probability, opened, effect, percent, weights) {
  let best = { depth: 0, chance: -1 };
  for (let step = 0; step <= 100; step += 1) {
    const chance = chanceOf(statement, opened, effect, percent, step / 100, weights);
    if (chance >= probability) return { smallest: step / 100, chance };
    if (chance > best.chance) best = { depth: step / 100, chance };
  }
  return { smallest: null, ...best };
}
