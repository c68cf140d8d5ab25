// The page's life: charts, sliders that move the fans, a link that restores a setting.

const page = JSON.parse(document.getElementById("report-data").textContent);
const language = openLanguage(
  page.languages,
  new URLSearchParams(location.search).get("lang") ?? document.documentElement.lang,
);
const { tr } = language;
translatePage(language);
const periods = Array.from({ length: page.horizon }, (_, at) => at + 1);
const byId = (id) => document.getElementById(id);

const wordsOf = (outcome) => ({ unit: tr(outcome.unit), dates: page.dates });

// Charts are drawn when they come near the window, and all of them before printing.
const waiting = new Map();
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) drawNow(entry.target);
}, { rootMargin: "600px" });

function drawNow(place) {
  const draw = waiting.get(place);
  if (draw === undefined) return;
  waiting.delete(place);
  watcher.unobserve(place);
  draw(place);
}

// The place has its chart's shape before it has the chart: nothing moves under a click.
function drawLater(place, size, draw) {
  place.style.aspectRatio = `${size.width} / ${size.height}`;
  waiting.set(place, draw);
  watcher.observe(place);
}

function drawAll() {
  for (const place of [...waiting.keys()]) drawNow(place);
}

// Where the page has a brief, paper shows that.
window.addEventListener("beforeprint", () => {
  if (document.querySelector(".brief") !== null) return;
  document.documentElement.classList.add("printing");
  for (const ample of document.querySelectorAll("details.ample")) ample.open = true;
  drawAll();
});
window.addEventListener("afterprint", () => {
  document.documentElement.classList.remove("printing");
});

function drawStaticCharts() {
  for (const outcome of page.outcomes) {
    const fan = page.fans[outcome.name];
    const draw = (place) => {
      movingFan(place, fan.posterior, wordsOf(outcome), POSTERIOR, fan.prior);
    };
    drawLater(byId(`fan-${outcome.name}`), SIZE, draw);
    const first = byId(`first-${outcome.name}`);
    if (first !== null) draw(first);
  }
  for (const chart of page.channels) {
    const draw = (place) => drawBars(place, chart.rows, tr(chart.unit));
    drawLater(byId(`channels-${chart.name}`), sizeOfBars(chart.rows), draw);
  }
}

// A group of sliders with the charts and the table that follow them.
// `read` makes a setting of the inputs, `answer` makes summaries by outcome of a setting and tells
// them, at once or later.
// `kept` gives the summaries of a setting to compare with, or null; `same` says whether a number's
// difference from it is below two Monte-Carlo errors, of all draws.
function explorer(name, {
  read, answer, describe, colour, kept = () => null, same = () => false,
}) {
  const form = byId(`${name}-controls`);
  const inputs = [...form.querySelectorAll("input, select")];
  const initial = inputs.map((input) => (input.type === "checkbox" ? input.checked : input.value));
  let summaries = null;
  answer(read(), true, (found) => { summaries = found; });
  let asked = false, resting = 0, turn = 0;
  const moves = page.outcomes.map((outcome) => movingFan(
    byId(`${name}-${outcome.name}`), summaries[outcome.name], wordsOf(outcome), colour,
  ));

  // A few draws while a slider moves, all of them when it rests.
  function show(few) {
    asked = false;
    clearTimeout(resting);
    const setting = read();
    describe(setting);
    turn += 1;
    const own = turn;
    answer(setting, few, (found) => {
      if (own !== turn) return; // the reader has moved on
      summaries = found;
      page.outcomes.forEach((outcome, at) => {
        const other = kept()?.[outcome.name] ?? null;
        moves[at](summaries[outcome.name], other);
        fillRow(name, outcome, summaries[outcome.name], other, few ? () => false : same);
        if (!few) nameChart(byId(`${name}-${outcome.name}`), outcome, summaries[outcome.name]);
      });
      form.dispatchEvent(new CustomEvent(few ? "shown" : "settled"));
    });
    if (few) resting = setTimeout(() => show(false), 200);
  }

  function ask() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => show(true));
  }

  function reset() {
    inputs.forEach((input, at) => {
      if (input.type === "checkbox") input.checked = initial[at]; else input.value = initial[at];
    });
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => { ask(); keepLink(); });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    reset();
    ask();
    keepLink();
  });
  return { name, inputs, show, ask, summaries: () => summaries };
}

const inBrackets = (summary, at) => (
  `${format(summary.median[at])} (${format(summary.lower[at])}; ${format(summary.upper[at])})`
);

// A picture that moves is named by what it shows, as the still ones are.
function nameChart(place, { label, unit }, summary) {
  const at = page.said - 1, bounds = [summary.lower, summary.upper].map((ends) => format(ends[at]));
  place.setAttribute("aria-label", tr(`${label}: ${format(summary.median[at])} ${unit} `
    + `(${bounds.join("; ")}) in ${page.dates[at]}; the table of this section has the numbers`));
}

// The setting as it is, and under it the one to compare with, grey where it is the same.
function fillRow(name, outcome, summary, other, same) {
  for (const cell of byId(`${name}-row-${outcome.name}`).querySelectorAll("td")) {
    const at = Number(cell.dataset.horizon) - 1;
    const words = (one) => (
      cell.dataset.shows === "above" ? tr(chance(one.above[at])) : inBrackets(one, at)
    );
    cell.textContent = words(summary);
    if (other === null) continue;
    const kept = document.createElement("small");
    const near = same(outcome, at, cell.dataset.shows);
    kept.className = near ? "same" : "";
    kept.textContent = tr(`kept: ${words(other)}${near ? ", the same within Monte-Carlo error" : ""}`);
    cell.append(kept);
  }
}

const valueOf = (id) => Number(byId(id).value);

function say(id, english) {
  const text = tr(english);
  byId(`${id}-value`).textContent = text;
  byId(id).setAttribute("aria-valuetext", text);
}

// Sorted effects of each future in every period, ready to be mixed by odds.
function openFutures(data) {
  const rows = unpackRows(data.effects);
  const sorted = {};
  let at = 0;
  for (const outcome of page.outcomes) {
    sorted[outcome.name] = periods.map(() => data.labels.map(() => null));
  }
  data.labels.forEach((_, future) => {
    for (const outcome of page.outcomes) {
      for (let t = 0; t < page.horizon; t += 1, at += 1) {
        const values = outcome.level ? rows[at].map(percentOf) : rows[at];
        sorted[outcome.name][t][future] = values.sort();
      }
    }
  });
  return sorted;
}

function mixture(samplesByPeriod, odds, rule) {
  const result = emptySummary(page.horizon);
  const tails = [(1 - rule.prob) / 2, 0.25];
  const wanted = [0.5, tails[0], 1 - tails[0], tails[1], 1 - tails[1]];
  samplesByPeriod.forEach((samples, t) => {
    const found = mixtureQuantiles(samples, odds, wanted);
    [result.median[t], result.lower[t], result.upper[t]] = found;
    [result.halfLower[t], result.halfUpper[t]] = found.slice(3);
    result.above[t] = samples.reduce((sum, sample, future) => (
      sum + odds[future] * shareAbove(sample)
    ), 0);
  });
  return result;
}

function futuresExplorer() {
  const { futures } = page;
  const sorted = openFutures(futures);
  return explorer("futures", {
    colour: ACCENT,
    read: () => {
      const weights = futures.labels.map((_, at) => valueOf(`odds-${at}`));
      const sum = weights.reduce((a, b) => a + b, 0);
      // All at zero says nothing: then all are alike.
      return weights.map((weight) => (sum > 0 ? weight / sum : 1 / weights.length));
    },
    answer: (odds, few, told) => told(Object.fromEntries(page.outcomes.map(({ name }) => (
      [name, mixture(sorted[name], odds, page.rule)]
    )))),
    describe: (odds) => {
      odds.forEach((share, at) => say(`odds-${at}`, `${(100 * share).toFixed(0)} %`));
    },
  });
}

const stateOf = (input) => (input.type === "checkbox" ? Number(input.checked) : input.value);

function setState(input, value) {
  if (value === null || !Number.isFinite(Number(value)) && input.tagName !== "SELECT") return;
  // A range input keeps a value within its bounds by itself, a list one that it lacks.
  const before = input.value;
  if (input.type === "checkbox") input.checked = Number(value) === 1; else input.value = value;
  if (input.tagName === "SELECT" && input.selectedIndex < 0) input.value = before;
}

// A setting as a URL fragment: every input by its id, and the setting that is kept.
function fragment() {
  const pairs = allInputs().map((input) => [input.id, stateOf(input)]);
  const kept = builder.keptText();
  return `#${new URLSearchParams(kept === null ? pairs : [...pairs, ["kept", kept]])}`;
}

const allInputs = () => [...explorers.flatMap(({ inputs }) => inputs), ...askInputs()];

function restore() {
  if (!location.hash.includes("=")) return false;
  const given = new URLSearchParams(location.hash.slice(1));
  for (const input of allInputs()) setState(input, given.get(input.id));
  builder.restoreKept(given.get("kept"));
  return true;
}

// Written when a slider rests: browsers refuse to change the address many times in a row.
let keeping = 0;
function keepLink() {
  clearTimeout(keeping);
  keeping = setTimeout(() => {
    offerLink();
    history.replaceState(null, "", fragment());
  }, 250);
}

function offerLink() {
  const link = fragment();
  for (const element of document.querySelectorAll("a.setting")) element.setAttribute("href", link);
}
