// All draws, in a worker of their own, so that the page follows the reader meanwhile. The worker's
// script is these functions themselves, from memory: a page in one file needs no second one. Where
// a browser gives no worker, the page computes.

// Summaries of the outcomes, and their draws.
function wholeAnswer(model, { outcomes, rule }, setting, weights) {
  const paths = effects(model, setting);
  const summaries = Object.fromEntries(outcomes.map(({ name, level }) => {
    const values = level ? paths[name].map(percentOf) : paths[name];
    return [name, summarise(values, model.horizon, model.draws, rule, weights)];
  }));
  const found = Object.fromEntries(outcomes.map(({ name }) => [name, paths[name]]));
  return { summaries, found };
}

function workAlone() {
  let model = null, wanted = null;
  self.onmessage = ({ data }) => {
    if (model === null) {
      [model, wanted] = [openModel(data.model), data.wanted];
      return;
    }
    const answer = wholeAnswer(model, wanted, data.setting, data.weights);
    self.postMessage({ id: data.id, answer }, Object.values(answer.found).map(({ buffer }) => buffer));
  };
}

const KERNEL = [
  bytesOf, unpack, unpackRows, percentOf, reliefPath, effectivePath, subtract, openModel, driverPaths,
  effects, quantile, bounds, emptySummary, summarise, shareAbove, weightedQuantiles, summariseWeighted,
  wholeAnswer, workAlone,
];

// Returns a function of a setting, weights, and what is told the answer once it is there.
function openWhole(model, wanted) {
  const waiting = new Map();
  let opened = null, worker = null, last = 0;

  function here({ setting, weights, told }) {
    opened ??= openModel(model);
    told(wholeAnswer(opened, wanted, setting, weights));
  }

  function giveUp() {
    worker = null;
    for (const asked of waiting.values()) here(asked);
    waiting.clear();
  }

  try {
    const source = `"use strict";\n${KERNEL.join("\n")}\nworkAlone();`;
    worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    worker.addEventListener("error", (event) => { event.preventDefault(); giveUp(); });
    worker.addEventListener("message", ({ data: { id, answer } }) => {
      const asked = waiting.get(id);
      waiting.delete(id);
      asked.told(answer);
    });
    worker.postMessage({ model, wanted });
  } catch {
    worker = null;
  }

  return (setting, weights, told) => {
    if (worker === null) {
      here({ setting, weights, told });
      return;
    }
    last += 1;
    waiting.set(last, { setting, weights, told });
    worker.postMessage({ id: last, setting, weights });
  };
}
