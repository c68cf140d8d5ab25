// Starts the page: what stands still, what moves, a setting from the address, an embedded chart.

// A phone's page is short: what is ample opens on demand there.
if (matchMedia("(max-width: 40rem)").matches) {
  for (const ample of document.querySelectorAll("details.ample")) ample.open = false;
}

drawStaticCharts();
offerSaving();
const builder = openBuilder();
const explorers = [builder.explorer];
const ask = openQuestions(builder);
if (page.futures !== null) explorers.push(futuresExplorer());
const restored = restore();

// What a test, or a curious reader in the console, can ask; ready when all draws are shown.
window.report = { page, explorers, drawAll, builder, ask, chance };
byId("relief-controls").addEventListener("settled", () => {
  document.documentElement.dataset.report = "ready";
}, { once: true });
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
