// Each chart to take away: as PNG, SVG, CSV, and how to cite it. Nothing leaves the page but a file
// that the reader asked for.

const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function asCsv(rows) {
  return rows.map((row) => row.map((cell) => quoted(String(cell))).join(",")).join("\n") + "\n";
}

// Words in lines of at most so many letters.
function lines(text, most) {
  return text.split(" ").reduce((done, word) => {
    const last = done.length - 1, longer = `${done[last]} ${word}`;
    return last >= 0 && longer.length <= most ? [...done.slice(0, last), longer] : [...done, word];
  }, []);
}

// The picture by itself: words become SVG, colours what they are on the page, with title and source.
function asSvg(place, title) {
  const shapes = place.querySelector("svg"), words = place.querySelectorAll(".drawing span");
  const [, , width, height] = shapes.getAttribute("viewBox").split(" ").map(Number);
  const style = getComputedStyle(document.documentElement);
  const plain = (text) => text.replace(/var\((--\w+)\)/g, (_, name) => style.getPropertyValue(name).trim());
  const root = document.createElementNS(SVG, "svg");
  const cited = lines(page.citation, (width - 12) / 3.6), tall = height + 34 + 8 * cited.length;
  const size = { viewBox: `0 -26 ${width} ${tall}`, width: 2 * width, height: 2 * tall };
  for (const [key, value] of Object.entries(size)) root.setAttribute(key, value);
  const ink = plain("var(--ink)"), font = { fill: ink, "font-family": "sans-serif" };
  svg("rect", { x: 0, y: -26, width, height: tall, fill: plain("var(--ground)") }, root);
  svg("text", { ...font, x: 6, y: -9, "font-size": 13, "font-weight": 600 }, root, title);
  for (const element of shapes.querySelectorAll("path, rect")) {
    const copy = element.cloneNode(false);
    const outer = element.closest("g[fill]");
    if (outer !== null && !copy.hasAttribute("fill")) copy.setAttribute("fill", outer.getAttribute("fill"));
    for (const { name, value } of [...copy.attributes]) copy.setAttribute(name, plain(value));
    root.append(copy);
  }
  for (const word of words) {
    const [x, y] = word.dataset.at.split(",");
    const anchor = word.className === "below" ? "middle" : "end";
    if (word.className !== "readout" && word.textContent !== "") {
      svg("text", { ...font, x, y, "font-size": FONT_SIZE, "text-anchor": anchor }, root, word.textContent);
    }
  }
  cited.forEach((line, at) => {
    svg("text", { ...font, x: 6, y: height + 11 + 8 * at, "font-size": 6 }, root, line);
  });
  return new XMLSerializer().serializeToString(root);
}

async function asPng(source) {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([source], { type: "image/svg+xml" }));
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [2 * image.width, 2 * image.height];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return new Promise((done) => { canvas.toBlob(done, "image/png"); });
}

function save(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const textBlob = (text, type) => new Blob([text], { type: `${type};charset=utf-8` });
const SAVERS = {
  PNG: async (place, title) => asPng(asSvg(place, title)),
  SVG: (place, title) => textBlob(asSvg(place, title), "image/svg+xml"),
  CSV: (place) => textBlob(asCsv(chartData.get(place)()), "text/csv"),
  TXT: (place, title) => textBlob(`${title}. ${page.citation}\n`, "text/plain"),
};

// A fold under each chart with a button for each kind; charts not yet drawn are drawn when asked.
function offerSaving() {
  for (const place of document.querySelectorAll(".plot")) {
    const heading = place.closest(".chart").querySelector("h2, h3").textContent;
    const fold = document.createElement("details"), summary = document.createElement("summary");
    fold.className = "save";
    summary.textContent = tr("Save");
    summary.setAttribute("aria-label", `${tr("Save")}: ${heading}`);
    fold.append(summary);
    for (const [kind, make] of Object.entries(SAVERS)) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = kind === "TXT" ? tr("Citation") : kind;
      button.addEventListener("click", async () => {
        drawNow(place);
        save(`${place.id}.${kind.toLowerCase()}`, await make(place, heading));
      });
      fold.append(button);
    }
    place.after(fold);
  }
}
