// The page's life: charts, sliders that move the fans, a link that restores a setting.

const page = JSON.parse(document.getElementById("report-data").textContent);
// A level is propagated in log points and read as the percent by which it differs.
const percentOf = (value) => 100 * Math.expm1(value / 100);
const periods = Array.from({ length: page.horizon }, (_, at) => at + 1);
const byId = (id) => document.getElementById(id);

const wordsOf = (outcome) => ({ unit: outcome.unit, dates: page.dates });

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

function drawLater(place, draw) {
  waiting.set(place, draw);
  watcher.observe(place);
}

function drawAll() {
  for (const place of [...waiting.keys()]) drawNow(place);
}

window.addEventListener("beforeprint", () => {
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
    drawLater(byId(`fan-${outcome.name}`), draw);
    const first = byId(`first-${outcome.name}`);
    if (first !== null) draw(first);
  }
  for (const chart of page.channels) {
    drawLater(byId(`channels-${chart.name}`), (place) => drawBars(place, chart.rows, chart.unit));
  }
}

// A group of sliders with the charts and the table that follow them.
// `read` makes a setting of the inputs, `answer` makes summaries by outcome of a setting.
function explorer(name, { read, answer, describe, colour }) {
  const form = byId(`${name}-controls`);
  const inputs = [...form.querySelectorAll("input")];
  const initial = inputs.map((input) => (input.type === "checkbox" ? input.checked : input.value));
  let summaries = answer(read(), true);
  let asked = false, resting = 0;
  const moves = page.outcomes.map((outcome) => movingFan(
    byId(`${name}-${outcome.name}`), summaries[outcome.name], wordsOf(outcome), colour,
  ));

  // A few draws while a slider moves, all of them when it rests.
  function show(few) {
    asked = false;
    clearTimeout(resting);
    const setting = read();
    describe(setting);
    summaries = answer(setting, few);
    page.outcomes.forEach((outcome, at) => {
      moves[at](summaries[outcome.name]);
      fillRow(name, outcome, summaries[outcome.name]);
    });
    form.dispatchEvent(new CustomEvent(few ? "shown" : "settled"));
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
  return { inputs, show, summaries: () => summaries };
}

function fillRow(name, outcome, summary) {
  for (const cell of byId(`${name}-row-${outcome.name}`).querySelectorAll("td")) {
    const at = Number(cell.dataset.horizon) - 1;
    cell.textContent = cell.dataset.shows === "above"
      ? summary.above[at].toFixed(2)
      : `${format(summary.median[at])} (${format(summary.lower[at])}; ${format(summary.upper[at])})`;
  }
}

const valueOf = (id) => Number(byId(id).value);

function reliefExplorer() {
  const all = openModel(page.model), coarse = fewDraws(all, page.few);
  const model = all;
  const asDrawn = byId("share-as-drawn");
  byId("share").addEventListener("input", () => { asDrawn.checked = false; });
  return explorer("relief", {
    colour: POSTERIOR,
    read: () => ({
      depth: model.measures.map((measure) => valueOf(`relief-of-${measure.name}`) / 100),
      start: valueOf("start"),
      ramp: valueOf("ramp"),
      share: asDrawn.checked ? null : valueOf("share") / 100,
    }),
    answer: (setting, few) => {
      const run = few ? coarse : all;
      const found = effects(run, setting);
      return Object.fromEntries(page.outcomes.map(({ name, level }) => {
        const values = level ? found[name].map(percentOf) : found[name];
        return [name, summarise(values, run.horizon, run.draws, page.rule)];
      }));
    },
    describe: (setting) => {
      model.measures.forEach((measure, row) => {
        say(`relief-of-${measure.name}`, `${Math.round(100 * setting.depth[row])} %`);
      });
      say("start", page.dates[setting.start - 1]);
      say("ramp", setting.ramp === 1 ? "at once" : `${setting.ramp} equal steps`);
      say("share", setting.share === null ? "as in the model" : `${Math.round(100 * setting.share)} %`);
    },
  });
}

function say(id, text) {
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
    answer: (odds) => Object.fromEntries(page.outcomes.map(({ name }) => (
      [name, mixture(sorted[name], odds, page.rule)]
    ))),
    describe: (odds) => {
      odds.forEach((share, at) => say(`odds-${at}`, `${(100 * share).toFixed(0)} %`));
    },
  });
}

// A setting as a URL fragment: every input by its id.
function fragment() {
  const pairs = explorers.flatMap(({ inputs }) => inputs.map((input) => (
    [input.id, input.type === "checkbox" ? Number(input.checked) : input.value]
  )));
  return `#${new URLSearchParams(pairs)}`;
}

function restore() {
  if (!location.hash.includes("=")) return false;
  const given = new URLSearchParams(location.hash.slice(1));
  for (const { inputs } of explorers) {
    for (const input of inputs) {
      const value = given.get(input.id);
      if (value === null || !Number.isFinite(Number(value))) continue;
      // A range input keeps a value within its bounds by itself.
      if (input.type === "checkbox") input.checked = Number(value) === 1; else input.value = value;
    }
  }
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

// A phone's page is short: what is ample opens on demand there.
if (matchMedia("(max-width: 40rem)").matches) {
  for (const ample of document.querySelectorAll("details.ample")) ample.open = false;
}

drawStaticCharts();
const explorers = [reliefExplorer()];
if (page.futures !== null) explorers.push(futuresExplorer());
const restored = restore();
for (const { show } of explorers) show(false);
offerLink();
if (restored) byId("explorer").scrollIntoView();
window.addEventListener("hashchange", () => {
  if (restore()) for (const { show } of explorers) show(false);
});

// `?embed=gdp_level` shows one fan with the finding and the source, for another page's frame.
const embedded = new URLSearchParams(location.search).get("embed");
const place = embedded === null ? null : byId(`fan-${embedded}`) ?? byId(`fan-${embedded}_level`);
if (place !== null) {
  place.closest(".chart").classList.add("kept");
  document.documentElement.classList.add("embed");
  drawAll();
}

// What a test, or a curious reader in the console, can ask.
window.report = { page, explorers, drawAll };
document.documentElement.dataset.report = "ready";
