// What stands still: bars of an effect's parts. Knows summaries, not where they come from.

const BARS = { width: 420, left: 168, right: 12, step: 26 };

// An empty row parts the entries from the other split of the total.
function topOfBar(rows, at) {
  const gap = rows.findIndex((row) => row.kind === "chain");
  return 6 + BARS.step * (at + (gap > 0 && at >= gap ? 0.5 : 0));
}

const sizeOfBars = (rows) => ({ width: BARS.width, height: topOfBar(rows, rows.length) + 22 });

// Where the bars begin: right of the longest of their words, which differ in length by language.
function leftOfBars(place, rows) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `${FONT_SIZE}px ${getComputedStyle(place).fontFamily}`;
  const longest = Math.max(...rows.map((row) => pen.measureText(tr(row.label)).width));
  return Math.max(BARS.left, 1.04 * longest + 12);
}

// Bars of an effect's parts with intervals; `rows` from top to bottom.
function drawBars(place, rows, unit) {
  const { right, step } = BARS, { width, height } = sizeOfBars(rows);
  const left = leftOfBars(place, rows);
  const top = (at) => topOfBar(rows, at);
  const { root, word } = drawing(place, width, height);
  const parts = rows.map((row) => [row.label, row.mean, row.lower, row.upper]);
  chartData.set(place, () => [["part", "mean", "lower", "upper"], ...parts]);
  const low = Math.min(0, ...rows.map((row) => row.lower));
  const high = Math.max(0, ...rows.map((row) => row.upper));
  const across = (value) => left + (width - left - right) * (value - low) / (high - low || 1);
  for (const { value, text } of ticks(low, high)) {
    svg("path", { d: `M${across(value)},0V${height - 16}`, stroke: RULE }, root);
    word(across(value), height - 2, "below", text);
  }
  rows.forEach((row, at) => {
    const middle = top(at) + step / 2;
    const colour = { total: TOTAL, chain: ACCENT }[row.kind] ?? POSTERIOR;
    const [from, to] = [0, row.mean].map(across).sort((a, b) => a - b);
    const bar = { x: from, y: middle - 8, width: to - from, height: 16, fill: colour };
    const shape = svg("rect", bar, root);
    svg("title", {}, shape, `${tr(row.label)}: ${format(row.mean)} (${format(row.lower)}; ${format(row.upper)}) ${unit}`);
    svg("path", { d: `M${across(row.lower)},${middle}H${across(row.upper)}`, stroke: INK }, root);
    word(left - 6, middle + 4, "beside", tr(row.label));
  });
  svg("path", { d: `M${across(0)},0V${height - 16}`, stroke: INK }, root);
}

// A probability with two digits, never none or all; halves go to the even digit, as in the tables.
function chance(probability) {
  const text = ((8 * probability) % 4 === 1 ? probability - 0.005 : probability).toFixed(2);
  return { "0.00": "<0.01", "1.00": ">0.99" }[text] ?? text;
}

// A number with two significant digits, its sign and a true minus.
function format(value) {
  const size = Math.abs(value);
  if (size < 0.005) return value === 0 ? "0" : tr("0.00");
  const rounded = Number(value.toPrecision(2));
  const digits = Math.abs(rounded) >= 10 ? 0 : Math.abs(rounded) >= 1 ? 1 : 2;
  const text = Math.abs(rounded).toFixed(digits);
  return tr((rounded < 0 ? "\u2212" : "+") + text);
}
