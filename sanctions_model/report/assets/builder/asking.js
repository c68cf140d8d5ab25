// The form that asks for the chance of a statement, and for the relief that it takes.

const askForm = byId("ask-controls");
const askInputs = () => (askForm === null ? [] : [...askForm.querySelectorAll("input, select")]);

function statementOf() {
  const last = valueOf("ask-last");
  return {
    outcome: byId("ask-outcome").value,
    value: valueOf("ask-value"),
    below: byId("ask-sign").value === "<=",
    word: byId("ask-word").value,
    first: Math.min(valueOf("ask-first"), last),
    last,
  };
}

// As the command line reads it.
function statementText({ outcome, value, below, word, first, last }) {
  const date = page.dates[last - 1];
  const window = word === "in" || word === "by" ? date : `${page.dates[first - 1]}-${date}`;
  return `${outcome} ${below ? "<=" : ">="} ${value} ${word} ${window}`;
}

function openQuestions(builder) {
  const opened = openPaths(page.paths);
  if (askForm === null || opened === null) return () => null;

  function ask() {
    const statement = statementOf(), probability = valueOf("ask-chance") / 100;
    const inLogs = page.paths.inLogs[page.paths.outcomes.indexOf(statement.outcome)];
    const effect = builder.found()[statement.outcome], weights = builder.weights();
    return {
      statement,
      without: chanceOf(statement, opened, null, inLogs, 0, weights),
      given: chanceOf(statement, opened, effect, inLogs, 1, weights),
      relief: reliefFor(statement, probability, opened, effect, inLogs, weights),
    };
  }

  function show() {
    if (builder.found() === null) return; // the first answer shows it
    const { statement, without, given, relief } = ask();
    const window = ["in", "by"].includes(statement.word);
    byId("ask-first").closest(".choice").hidden = window;
    const wanted = valueOf("ask-chance");
    say("ask-chance", `${wanted} %`);
    byId("ask-statement").textContent = statementText(statement);
    byId("ask-answer").textContent = tr(`${chance(given)} with the relief as set, `
      + `${chance(without)} without relief`);
    const none = relief.smallest === 0 ? "No relief is needed for that chance." : null;
    byId("ask-relief").textContent = tr(none ?? (relief.smallest === null
      ? `Out of reach: at best ${chance(relief.chance)}, `
        + `at ${Math.round(100 * relief.depth)} % of the relief as set.`
      : `${Math.round(100 * relief.smallest)} % of the relief as set gives `
        + `${chance(relief.chance)}, the first at or above ${(wanted / 100).toFixed(2)}.`));
  }

  askForm.addEventListener("submit", (event) => event.preventDefault());
  askForm.addEventListener("input", () => { show(); keepLink(); });
  byId("relief-controls").addEventListener("settled", show);
  return ask;
}
