// The model's equations, run over the embedded draws, and summaries of what comes out.
// The equations arrive as numbers (terms with lags and weights): no economics is written here.
// Arrays over periods and draws are flat: the value of draw d in period t is at t * draws + d.

// Four bytes, the highest first, in five signs.
function bytesOf({ base85 }) {
  const signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%:()*+-;.=,?@^_`{|}~";
  const digits = new Uint8Array(128);
  [...signs].forEach((sign, digit) => { digits[sign.charCodeAt(0)] = digit; });
  const bytes = new Uint8Array(base85.length / 5 * 4), view = new DataView(bytes.buffer);
  for (let at = 0; at < base85.length; at += 5) {
    let value = 0;
    for (let k = at; k < at + 5; k += 1) value = 85 * value + digits[base85.charCodeAt(k)];
    view.setUint32(at / 5 * 4, value);
  }
  return bytes;
}

function unpack(array) {
  return new Float64Array(bytesOf(array).buffer);
}

// Rows of levels between each row's lowest and highest value, each in a few bytes.
// `positions`: those of the draws that are wanted, all by default.
function unpackRows(array, positions = null) {
  const [rows, draws] = array.shape, { width } = array;
  const bytes = bytesOf(array);
  const low = unpack(array.low), step = unpack(array.step);
  return Array.from({ length: rows }, (_, row) => Float64Array.from({ length: positions?.length ?? draws }, (__, k) => {
    const d = positions === null ? k : positions[k];
    let level = 0;
    for (let k = width - 1, at = width * (row * draws + d); k >= 0; k -= 1) {
      level = 256 * level + bytes[at + k];
    }
    return low[row] + level * step[row];
  }));
}

// A level is propagated in log points and read as the percent by which it differs.
function percentOf(value) {
  return 100 * Math.expm1(value / 100);
}

// A measure's path under relief in equal steps; `stay` is its path without. From the period `snap`
// on, where there is one, the relief is undone.
function reliefPath(stay, depth, start, ramp, snap = null) {
  return stay.map((level, t) => {
    if (snap !== null && t + 1 >= snap) return level;
    const steps = Math.min(1, Math.max(0, (t + 2 - start) / ramp));
    return level * (1 - depth * steps);
  });
}

// Imposed at once, relieved slowly and in part: the asymmetric adjustment, draw by draw.
function effectivePath(path, before, share, speed) {
  const draws = share.length;
  const result = new Float64Array(path.length * draws);
  for (let d = 0; d < draws; d += 1) {
    let last = before, peak = before, state = before;
    for (let t = 0; t < path.length; t += 1) {
      const now = path[t];
      peak = Math.max(peak, now);
      if (now > last) {
        state = Math.min(state + now - last, peak);
      } else {
        const goal = now + (1 - share[d]) * (peak - now);
        state = Math.max(state + speed[d] * (goal - state), now);
      }
      result[t * draws + d] = state;
      last = now;
    }
  }
  return result;
}

function subtract(a, b) {
  return a.map((value, at) => value - b[at]);
}

// The model with all draws, or with those at some positions.
function openModel(data, positions = null) {
  const draws = positions?.length ?? data.draws;
  const [weights, shares, speeds] = [data.weights, data.recoverable_share, data.recovery_speed]
    .map((rows) => unpackRows(rows, positions));
  return {
    horizon: data.horizon,
    draws,
    levels: data.levels,
    measures: data.measures.map((measure) => ({
      ...measure,
      effective: measure.effective.map(({ name, recovery }) => ({
        name,
        share: shares[recovery],
        speed: speeds[recovery],
        own: data.own.includes(recovery),
      })),
    })),
    equations: data.equations.map((equation) => ({
      name: equation.name,
      terms: equation.terms.map((term) => ({
        ...term,
        weights: term.row === undefined ? null : weights[term.row],
      })),
    })),
  };
}

// What relief changes about each measure and effective measure, against measures that stay.
function driverPaths(model, setting) {
  const paths = {};
  const { depth, start, ramp, snap = null } = setting;
  model.measures.forEach((measure, row) => {
    const { stay } = measure;
    const from = Array.isArray(start) ? start[row] : start;
    const relieved = reliefPath(stay, depth[row], from, ramp, snap);
    const spread = new Float64Array(model.horizon * model.draws);
    for (let t = 0; t < model.horizon; t += 1) {
      spread.fill(relieved[t] - stay[t], t * model.draws, (t + 1) * model.draws);
    }
    paths[measure.name] = spread;
    for (const { name, share: drawn, speed, own } of measure.effective) {
      // A recovery with a name of its own is no measure's: the setting leaves it as it is drawn.
      const share = setting.share === null || own ? drawn : drawn.map(() => setting.share);
      paths[name] = subtract(
        effectivePath(relieved, stay[0], share, speed),
        effectivePath(stay, stay[0], share, speed),
      );
    }
  });
  return paths;
}

// Effect of a relief on every variable of the model: {name: values}.
// setting: {depth: [one a measure, 0 to 1], start (one, or one a measure), ramp,
//   share: null (as drawn) or 0 to 1, snap: null or the period that undoes it,
//   held: [variables that an intervention keeps where they would be without relief]}
function effects(model, setting) {
  const { draws, horizon } = model;
  const paths = driverPaths(model, setting);
  for (const equation of model.equations) {
    paths[equation.name] = new Float64Array(horizon * draws);
  }
  for (let t = 0; t < horizon; t += 1) {
    for (const equation of model.equations) {
      if (setting.held?.includes(equation.name)) continue;
      const values = paths[equation.name].subarray(t * draws, (t + 1) * draws);
      for (const { parent, lag, weight, weights, times } of equation.terms) {
        if (t < lag) continue; // before the start there is no difference
        const factor = times === undefined ? 1 : times[t];
        const from = paths[parent].subarray((t - lag) * draws, (t - lag + 1) * draws);
        if (weights === null) {
          for (let d = 0; d < draws; d += 1) values[d] += factor * weight * from[d];
        } else {
          for (let d = 0; d < draws; d += 1) values[d] += factor * weights[d] * from[d];
        }
      }
    }
  }
  for (const { name, flow, sign } of model.levels) {
    const level = new Float64Array(horizon * draws);
    for (let at = 0; at < level.length; at += 1) {
      level[at] = (at < draws ? 0 : level[at - draws]) + sign * paths[flow][at];
    }
    paths[name] = level;
  }
  return paths;
}

// Quantile of sorted values, linear between them.
function quantile(sorted, probability) {
  const place = probability * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

// Bounds of an interval of sorted values: equal tails, or the narrowest that holds the mass.
function bounds(sorted, probability, kind) {
  if (kind === "eti") {
    const tail = (1 - probability) / 2;
    return [quantile(sorted, tail), quantile(sorted, 1 - tail)];
  }
  const inside = Math.min(sorted.length - 1, Math.max(1, Math.floor(probability * sorted.length)));
  let first = 0;
  for (let at = 1; at + inside < sorted.length; at += 1) {
    if (sorted[at + inside] - sorted[at] < sorted[first + inside] - sorted[first]) first = at;
  }
  return [sorted[first], sorted[first + inside]];
}

function emptySummary(horizon) {
  const names = ["median", "lower", "upper", "halfLower", "halfUpper", "above"];
  return Object.fromEntries(names.map((name) => [name, new Array(horizon)]));
}

// Median, two intervals and share above zero in every period; draws weighted where weights are.
function summarise(values, horizon, draws, rule, weights = null) {
  if (weights !== null) return summariseWeighted(values, horizon, draws, rule, weights);
  const result = emptySummary(horizon);
  for (let t = 0; t < horizon; t += 1) {
    const sorted = Float64Array.from(values.subarray(t * draws, (t + 1) * draws)).sort();
    result.median[t] = quantile(sorted, 0.5);
    [result.lower[t], result.upper[t]] = bounds(sorted, rule.prob, rule.kind);
    [result.halfLower[t], result.halfUpper[t]] = bounds(sorted, 0.5, rule.kind);
    result.above[t] = shareAbove(sorted);
  }
  return result;
}

// Share of sorted values above zero.
function shareAbove(sorted) {
  let below = 0, end = sorted.length;
  while (below < end) {
    const middle = (below + end) >> 1;
    if (sorted[middle] > 0) end = middle; else below = middle + 1;
  }
  return (sorted.length - below) / sorted.length;
}

// Quantiles of several sorted samples of one length, each with its odds (which sum to 1).
// With equal odds they are the quantiles of all values together, linear between them.
function mixtureQuantiles(samples, odds, probabilities) {
  const size = samples[0].length;
  const count = samples.length * size;
  const next = samples.map(() => 0);
  const places = new Float64Array(count);
  const ordered = new Float64Array(count);
  let before = 0;
  for (let k = 0; k < count; k += 1) {
    let from = -1, least = Infinity;
    for (let s = 0; s < samples.length; s += 1) {
      if (next[s] < size && (from < 0 || samples[s][next[s]] < least)) {
        from = s;
        least = samples[s][next[s]];
      }
    }
    const weight = odds[from] / size;
    ordered[k] = least;
    places[k] = k * weight + (count - 1) * before;
    before += weight;
    next[from] += 1;
  }
  return probabilities.map((probability) => {
    const wanted = probability * places[count - 1];
    let low = 0, high = count - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (places[middle] <= wanted) low = middle; else high = middle;
    }
    const width = places[high] - places[low];
    const part = width > 0 ? (wanted - places[low]) / width : 0;
    return ordered[low] + part * (ordered[high] - ordered[low]);
  });
}
