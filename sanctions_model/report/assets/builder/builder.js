// The builder: a relief as set, by whom and until when, one to compare with, and what is asked of it.

// What a setting says, from the values of its inputs by id.
function settingOf(model, get) {
  const reach = (measure) => Object.entries(page.issuers[measure] ?? {})
    .reduce((sum, [issuer, part]) => sum + (Number(get(`by-${issuer}`)) ? part : 0), 0);
  const whole = Object.keys(page.issuers).length === 0;
  const start = Number(get("start"));
  const snap = Number(get("snap"));
  return {
    depth: model.measures.map(({ name }) => (
      Number(get(`relief-of-${name}`)) / 100 * (whole ? 1 : reach(name))
    )),
    start: model.measures.map(({ name }) => Number(get(`start-of-${name}`)) || start),
    first: start,
    ramp: Number(get("ramp")),
    share: Number(get("share-as-drawn")) ? null : Number(get("share")) / 100,
    snap: snap > 0 ? snap : null,
    held: byId("held") !== null && Number(get("held")) ? ["key_rate"] : [],
    dial: Number(get("dial")) / 10,
  };
}

function openBuilder() {
  const coarse = openModel(page.model, page.few);
  const wanted = { outcomes: page.outcomes, rule: page.rule };
  const whole = openWhole(page.model, wanted);
  const beliefs = page.beliefs === null ? null : {
    rows: splitRows(page.beliefs.rows), reliable: page.beliefs.reliable,
  };
  const form = byId("relief-controls"), button = byId("keep");
  const inputs = [...form.querySelectorAll("input, select")];
  let found = null, weights = null, kept = null;

  byId("share").addEventListener("input", () => { byId("share-as-drawn").checked = false; });
  byId("dial").disabled = beliefs === null;

  function answer(setting, few, told) {
    const own = beliefWeights(beliefs, setting.dial);
    if (few) {
      const some = own === null ? null : normalised(page.few.map((at) => own[at]));
      told(wholeAnswer(coarse, wanted, setting, some).summaries);
      return;
    }
    whole(setting, own, (answered) => {
      [found, weights] = [answered.found, own];
      told(answered.summaries);
    });
  }

  function describe(setting) {
    coarse.measures.forEach(({ name }) => {
      say(`relief-of-${name}`, `${valueOf(`relief-of-${name}`)} %`);
    });
    say("start", page.dates[setting.first - 1]);
    say("ramp", setting.ramp === 1 ? "at once" : `${setting.ramp} equal steps`);
    say("share", setting.share === null ? "as in the model" : `${Math.round(100 * setting.share)} %`);
    const towards = setting.dial < 0 ? "sceptic" : "optimist", size = Math.abs(setting.dial);
    say("dial", size === 0 ? "as stated" : `${Math.round(100 * size)} % ${towards}`);
    describeLight(setting.dial, size);
  }

  // How far the weights can be trusted.
  function describeLight(dial, size) {
    const light = byId("dial-light");
    if (size === 0) {
      light.textContent = "";
      delete light.dataset.light;
      return;
    }
    const effective = Math.round(effectiveSize(beliefWeights(beliefs, dial)));
    const holds = beliefs.reliable[dial < 0 ? 0 : 1][Math.round(10 * size) - 1];
    light.dataset.light = holds ? "good" : "bad";
    light.textContent = tr(`Other beliefs weigh the draws: ${page.model.draws} count as ${effective}. `
      + (holds ? "That is enough to rely on." : "Too few to rely on: fit these beliefs instead."));
  }

  function keep(state) {
    if (state === null) kept = null;
    else {
      const setting = settingOf(coarse, (id) => state.get(id));
      const own = { text: String(state), weights: beliefWeights(beliefs, setting.dial) };
      kept = own;
      // Asked before the setting that is shown next, and so answered before it.
      whole(setting, own.weights, (answered) => {
        [own.summaries, own.paths] = [answered.summaries, answered.found];
      });
    }
    button.setAttribute("aria-pressed", String(kept !== null));
    button.textContent = tr(kept === null ? "Keep to compare" : "Stop comparing");
  }

  // Whether the median, or the share above zero, differs from the kept one by less than two errors.
  function same({ name, level }, at, shows) {
    const pullsOf = shows === "above" ? shareAbovePulls : medianPulls;
    const [own, other] = [{ paths: found, weights }, kept].map((setting) => {
      const values = setting.paths[name].subarray(at * page.model.draws, (at + 1) * page.model.draws);
      return pullsOf(level ? values.map(percentOf) : values, setting.weights);
    });
    const of = shows === "above" ? "above" : "median";
    const apart = moving.summaries()[name][of][at] - kept.summaries[name][of][at];
    return Math.abs(apart) <= 2 * pairedError(own, other);
  }

  const current = () => new URLSearchParams(inputs.map((input) => [input.id, stateOf(input)]));
  button.addEventListener("click", () => {
    keep(kept === null ? current() : null);
    moving.show(false);
    keepLink();
  });

  const moving = explorer("relief", {
    colour: POSTERIOR,
    read: () => settingOf(coarse, (id) => (byId(id) === null ? 0 : stateOf(byId(id)))),
    answer,
    describe,
    kept: () => kept?.summaries ?? null,
    same,
  });

  // What a link says of the kept setting is put into a copy of each input, which bounds it.
  function restoreKept(text) {
    if (text === null) {
      keep(null);
      return;
    }
    const given = new URLSearchParams(text);
    keep(new URLSearchParams(inputs.map((input) => {
      const copy = input.cloneNode(true);
      setState(copy, given.get(input.id));
      return [input.id, stateOf(copy)];
    })));
  }

  return {
    explorer: moving,
    found: () => found,
    weights: () => weights,
    keptText: () => kept?.text ?? null,
    keptSummaries: () => kept?.summaries ?? null,
    restoreKept,
  };
}

function splitRows(array) {
  const values = unpack(array), [rows, draws] = array.shape;
  return Array.from({ length: rows }, (_, row) => values.subarray(row * draws, (row + 1) * draws));
}

function normalised(weights) {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => (sum > 0 ? weight / sum : 1 / weights.length));
}
