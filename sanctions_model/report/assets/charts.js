// What stands still: fans of the whole fit, and bars of an effect's parts. Plain SVG.
// Knows summaries, not where they come from. Colours are the style sheet's, for light and dark.

const INK = "var(--ink)", FAINT = "var(--faint)", RULE = "var(--rule)";
const POSTERIOR = "var(--blue)", ACCENT = "var(--green)", TOTAL = "var(--grey)";
const SVG = "http://www.w3.org/2000/svg";

function svg(name, attributes, parent, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

// Round numbers between two bounds, about five of them.
function ticks(low, high) {
  const rough = (high - low) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
  const first = Math.ceil(low / step), count = Math.floor(high / step) - first + 1;
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return Array.from({ length: count }, (_, at) => {
    const value = (first + at) * step;
    return { value, text: value.toFixed(digits).replace("-", "\u2212").replace(/^\u2212(0\.?0*)$/, "$1") };
  });
}

// Bars of an effect's parts with intervals; `rows` from top to bottom.
function drawBars(place, rows, unit) {
  const width = 420, left = 168, right = 12, step = 26;
  // An empty row parts the entries from the other split of the total.
  const gap = rows.findIndex((row) => row.kind === "chain");
  const top = (at) => 6 + step * (at + (gap > 0 && at >= gap ? 0.5 : 0));
  const height = top(rows.length) + 38;
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "fan" }, place);
  const low = Math.min(0, ...rows.map((row) => row.lower));
  const high = Math.max(0, ...rows.map((row) => row.upper));
  const across = (value) => left + (width - left - right) * (value - low) / (high - low || 1);
  for (const { value, text } of ticks(low, high)) {
    svg("path", { d: `M${across(value)},0V${height - 32}`, stroke: RULE }, root);
    svg("text", { x: across(value), y: height - 18, class: "below" }, root, text);
  }
  svg("text", { x: (left + width - right) / 2, y: height - 3, class: "below" }, root, unit);
  rows.forEach((row, at) => {
    const middle = top(at) + step / 2;
    const colour = { total: TOTAL, chain: ACCENT }[row.kind] ?? POSTERIOR;
    const [from, to] = [0, row.mean].map(across).sort((a, b) => a - b);
    const bar = { x: from, y: middle - 8, width: to - from, height: 16, fill: colour };
    const shape = svg("rect", bar, root);
    svg("title", {}, shape, `${row.label}: ${format(row.mean)} (${format(row.lower)}; ${format(row.upper)}) ${unit}`);
    svg("path", { d: `M${across(row.lower)},${middle}H${across(row.upper)}`, stroke: INK }, root);
    svg("text", { x: left - 6, y: middle + 4, class: "beside" }, root, row.label);
  });
  svg("path", { d: `M${across(0)},0V${height - 32}`, stroke: INK }, root);
}

// A number with two significant digits, its sign and a true minus.
function format(value) {
  const size = Math.abs(value);
  if (size < 0.005) return value === 0 ? "0" : "0.00";
  const rounded = Number(value.toPrecision(2));
  const digits = Math.abs(rounded) >= 10 ? 0 : Math.abs(rounded) >= 1 ? 1 : 2;
  const text = Math.abs(rounded).toFixed(digits);
  return (rounded < 0 ? "\u2212" : "+") + text;
}
