// Fans of effects over time, which move with a slider. Knows summaries, not where they come from.

const SIZE = { width: 300, height: 204, left: 44, right: 18, top: 18, bottom: 26 };

// A chart whose vertical axis only grows, so that a smaller effect looks smaller.
// `first` is the summary whose range it starts with; `prior`, where given, another fan's outline.
function movingFan(place, first, words, colour, prior = null) {
  const { width, height, left, right, top, bottom } = SIZE;
  const horizon = first.median.length;
  const { root, word } = drawing(place, width, height);
  const grid = svg("g", {}, root);
  const bands = svg("g", { fill: colour }, root);
  const wide = svg("path", { "fill-opacity": 0.2 }, bands);
  const half = svg("path", { "fill-opacity": 0.35 }, bands);
  const zero = svg("path", { stroke: INK, "stroke-width": 1 }, root);
  const middle = svg("path", { fill: "none", stroke: colour, "stroke-width": 2 }, root);
  const dashed = { fill: "none", stroke: FAINT, "stroke-dasharray": "4 3" };
  const outline = svg("path", dashed, root);
  const ghost = svg("path", { ...dashed, stroke: INK, class: "ghost" }, root);
  const axis = svg("g", {}, root);
  const pointer = svg("path", { stroke: FAINT, "stroke-width": 0.7, "stroke-dasharray": "2 2" }, root);
  const readout = word(width - right, top - 6, "readout", "");
  let scale = [];
  let shown = first;
  const parts = ["median", "lower", "upper", "halfLower", "halfUpper"];
  chartData.set(place, () => [
    ["period", "median", "lower", "upper", "lower_50", "upper_50"],
    ...words.dates.map((date, t) => [date, ...parts.map((part) => shown[part][t])]),
  ]);
  let range = [
    Math.min(0, ...first.lower, ...(prior?.lower ?? [])),
    Math.max(0, ...first.upper, ...(prior?.upper ?? [])),
  ];

  const across = (t) => left + (width - left - right) * t / horizon;
  const down = (value) => (
    top + (height - top - bottom) * (range[1] - value) / (range[1] - range[0] || 1)
  );
  const point = (t, value) => `${across(t).toFixed(1)},${down(value).toFixed(1)}`;
  // Period 0 is the last one before the relief: no effect yet.
  const along = (values) => [0, ...values].map((value, t) => point(t, value));
  const area = (low, high) => `M${along(low).join("L")}L${along(high).reverse().join("L")}Z`;

  // A year is named at its first period.
  words.dates.forEach((date, at) => {
    if (!/(Q1|-01)$/.test(date)) return;
    word(across(at + 1), height - bottom + 16, "below", date.slice(0, 4));
    svg("path", { d: `M${across(at + 1)},${height - bottom}v4`, stroke: FAINT }, axis);
  });

  function drawGrid() {
    grid.replaceChildren();
    for (const old of scale) old.remove();
    scale = ticks(...range).map(({ value, text }) => {
      svg("path", { d: `M${left},${down(value)}H${width - right}`, stroke: RULE }, grid);
      return word(left - 4, down(value) + 4.5, "beside", text);
    });
    zero.setAttribute("d", `M${left},${down(0)}H${width - right}`);
  }

  // `other` is a setting to compare with: a ghost of its median and bounds.
  function move(summary, other = null) {
    shown = summary;
    const seen = other === null ? [summary] : [summary, other];
    const grown = [
      Math.min(range[0], ...seen.flatMap(({ lower }) => lower)),
      Math.max(range[1], ...seen.flatMap(({ upper }) => upper)),
    ];
    if (grown[0] < range[0] || grown[1] > range[1]) {
      range = grown;
      drawGrid();
    }
    wide.setAttribute("d", area(summary.lower, summary.upper));
    half.setAttribute("d", area(summary.halfLower, summary.halfUpper));
    middle.setAttribute("d", `M${along(summary.median).join("L")}`);
    const lines = other === null ? [] : [other.lower, other.median, other.upper];
    ghost.setAttribute("d", lines.map((values) => `M${along(values).join("L")}`).join(""));
    if (prior !== null) {
      const bounds = [prior.lower, prior.upper].map((values) => `M${along(values).join("L")}`);
      outline.setAttribute("d", bounds.join(""));
    }
  }

  root.addEventListener("pointermove", (event) => {
    const box = root.getBoundingClientRect();
    const share = ((event.clientX - box.left) * width / box.width - left) / (width - left - right);
    const t = Math.min(horizon, Math.max(1, Math.round(share * horizon)));
    pointer.setAttribute("d", `M${across(t)},${top}V${height - bottom}`);
    readout.textContent = `${words.dates[t - 1]}: ${format(shown.median[t - 1])} `
      + `(${format(shown.lower[t - 1])}; ${format(shown.upper[t - 1])}) ${words.unit}`;
  });
  root.addEventListener("pointerleave", () => {
    pointer.setAttribute("d", "");
    readout.textContent = "";
  });
  drawGrid();
  move(first);
  return move;
}
