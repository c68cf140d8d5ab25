// A picture of shapes and words: shapes are SVG, words are HTML above it, on the page's ground, so
// that their contrast is certain. Sizes are in the units of the picture; it fills its place.

const SVG = "http://www.w3.org/2000/svg";
const INK = "var(--ink)", FAINT = "var(--faint)", RULE = "var(--rule)";
const POSTERIOR = "var(--blue)", ACCENT = "var(--green)", TOTAL = "var(--grey)";
const FONT_SIZE = 13;
// What a chart shows, as rows with a head, by its place.
const chartData = new Map();

function svg(name, attributes, parent, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

// Empties the place and returns the root of the shapes and a function that sets words.
// `kind` of words: "below" (centred on x), "beside" (ending at x) or "readout" (ending, bold).
function drawing(place, width, height) {
  place.replaceChildren();
  const box = document.createElement("div");
  box.className = "drawing";
  const words = document.createElement("div");
  // On a wide place the words stay as large as the page's small print.
  words.style.fontSize = `min(${(100 * FONT_SIZE) / width}cqw, 0.875rem)`;
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "fan", "aria-hidden": "true" }, box);
  box.append(words);
  place.append(box);

  // The baseline of the words is at y, as in SVG.
  function word(x, y, kind, text) {
    const element = document.createElement("span");
    element.className = kind;
    element.textContent = text;
    element.style.left = `${(100 * x) / width}%`;
    element.style.top = `${(100 * y) / height}%`;
    element.dataset.at = `${x},${y}`;
    words.append(element);
    return element;
  }
  return { root, word };
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
    return { value, text: tr(value.toFixed(digits).replace("-", "\u2212").replace(/^\u2212(0\.?0*)$/, "$1")) };
  });
}
