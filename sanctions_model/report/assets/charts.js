// Fans and bars that stand still, drawn with Plotly. Knows summaries, not where they come from.

const INK = "#222222", FAINT = "#5f5f5f", RULE = "#dddddd";
const POSTERIOR = "#0072B2", PRIOR = "#777777", ACCENT = "#009E73", TOTAL = "#8C8C8C";
const CONFIG = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false };

function shade(colour, opacity) {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return `rgba(${parts.join(",")},${opacity})`;
}

function axisStyle(extra) {
  return {
    color: INK, gridcolor: RULE, zeroline: false, fixedrange: true, ticks: "outside", ticklen: 3,
    automargin: true, ...extra,
  };
}

function baseLayout(height) {
  return {
    height,
    margin: { l: 48, r: 10, t: 8, b: 40 },
    font: { family: "system-ui, sans-serif", size: 12, color: INK },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    showlegend: false,
    dragmode: false,
    hoverlabel: { bgcolor: "white", font: { color: INK } },
  };
}

function line(x, y, style) {
  return { x, y, type: "scatter", mode: "lines", hoverinfo: "skip", ...style };
}

// Traces of a fan: wide interval, 50 % interval, median, and optionally another fan's outline.
function fanTraces(x, summary, words, colour = POSTERIOR) {
  const none = { width: 0 };
  const hover = summary.median.map((value, at) => (
    `${words.period} ${x[at]}: ${format(value)} ${words.unit}`
    + `<br>(${format(summary.lower[at])}; ${format(summary.upper[at])})`
  ));
  return [
    line(x, summary.lower, { line: none }),
    line(x, summary.upper, { line: none, fill: "tonexty", fillcolor: shade(colour, 0.2) }),
    line(x, summary.halfLower, { line: none }),
    line(x, summary.halfUpper, { line: none, fill: "tonexty", fillcolor: shade(colour, 0.35) }),
    line(x, summary.median, {
      line: { color: colour, width: 2 }, hoverinfo: "text", hovertext: hover,
    }),
  ];
}

function outlineTraces(x, summary) {
  const dashed = { line: { color: PRIOR, width: 1.2, dash: "dash" } };
  return [line(x, summary.lower, dashed), line(x, summary.upper, dashed)];
}

function fanLayout(x, words) {
  const layout = baseLayout(210);
  layout.xaxis = axisStyle({
    title: { text: words.xTitle, font: { size: 11 }, standoff: 4 },
    range: [0, x[x.length - 1] + 0.5], dtick: words.perYear, showgrid: false,
  });
  layout.yaxis = axisStyle({ title: { text: words.unit, font: { size: 11 }, standoff: 4 }, nticks: 6 });
  layout.shapes = [{
    type: "line", xref: "paper", x0: 0, x1: 1, y0: 0, y1: 0, line: { color: INK, width: 1 },
    layer: "below",
  }];
  return layout;
}

function drawFan(place, x, summary, words, options = {}) {
  const traces = options.prior ? outlineTraces(x, options.prior) : [];
  traces.push(...fanTraces(x, summary, words, options.colour));
  return Plotly.react(place, traces, fanLayout(x, words), CONFIG);
}

// Bars of an effect's parts with intervals; `rows` from top to bottom.
function drawBars(place, rows, unit) {
  // An empty row parts the entries from the other split of the total.
  const first = rows.findIndex((row) => row.kind === "chain");
  const gap = { label: " ", kind: "gap", median: null, lower: null, upper: null };
  if (first > 0) rows = [...rows.slice(0, first), gap, ...rows.slice(first)];
  const names = rows.map((row) => row.label);
  const trace = {
    type: "bar", orientation: "h", y: names, x: rows.map((row) => row.median),
    marker: { color: rows.map((row) => ({ total: TOTAL, chain: ACCENT }[row.kind] ?? POSTERIOR)) },
    error_x: {
      type: "data", symmetric: false, color: INK, thickness: 1, width: 0,
      array: rows.map((row) => row.upper - row.median),
      arrayminus: rows.map((row) => row.median - row.lower),
    },
    hoverinfo: "text",
    hovertext: rows.map((row) => (row.kind === "gap" ? "" :
      `${row.label}: ${format(row.median)} (${format(row.lower)}; ${format(row.upper)}) ${unit}`
    )),
  };
  const layout = baseLayout(40 + 26 * rows.length);
  layout.margin = { l: 10, r: 12, t: 6, b: 36 };
  layout.bargap = 0.35;
  layout.xaxis = axisStyle({ title: { text: unit, font: { size: 11 }, standoff: 4 }, nticks: 6 });
  layout.yaxis = axisStyle({ autorange: "reversed", ticks: "", tickfont: { size: 11 } });
  layout.shapes = [{
    type: "line", yref: "paper", y0: 0, y1: 1, x0: 0, x1: 0, line: { color: INK, width: 1 },
  }];
  return Plotly.react(place, [trace], layout, CONFIG);
}

// A number with two significant digits, its sign and a true minus.
function format(value) {
  const size = Math.abs(value);
  if (size < 0.005) return "0.00";
  const rounded = Number(value.toPrecision(2));
  const digits = Math.abs(rounded) >= 10 ? 0 : Math.abs(rounded) >= 1 ? 1 : 2;
  const text = Math.abs(rounded).toFixed(digits);
  return (rounded < 0 ? "\u2212" : "+") + text;
}
