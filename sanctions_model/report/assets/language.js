// The page in another language: `?lang=zh`. Texts are found by their English form; what they quote
// (numbers, names) is put into the language in turn, and digits stay what they are. Texts that have
// no form in the language stay English; so does what is marked as English.

const DECIMAL = /(?<!\.\d*)(\d)\.(\d)(?!\d*\.\d)/g; // not within a version, as in 0.1.0

function openLanguage(data, wanted) {
  const at = Math.max(0, data.codes.indexOf(wanted));
  const mark = data.decimal[data.codes[at]], percent = data.percent[data.codes[at]];
  const exact = new Map(), patterns = [];
  for (const forms of at > 0 ? data.texts : []) {
    const names = [...forms[0].matchAll(/\{(#?)(\w+)\}/g)];
    if (names.length === 0) {
      exact.set(forms[0], forms[at]);
      continue;
    }
    const fixed = forms[0].split(/\{#?\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const source = fixed.reduce((sum, part, k) => (
      sum + (names[k - 1][1] === "#" ? "([-+\u2212\\d.,; ()P=<>]+?)" : "(.+?)") + part
    ));
    const order = names.map((found) => found[2]);
    patterns.push({ pattern: new RegExp(`^${source}$`, "s"), order, form: forms[at] });
  }
  const numbers = /^[-+\u2212\d.,;:()%\s\u2192†P=<>]+$/;

  function tr(text) {
    if (at === 0) return text;
    const known = exact.get(text);
    if (known !== undefined) return known;
    if (numbers.test(text)) {
      return text.replace(DECIMAL, `$1${mark}$2`).replace(/(?<=\d) %/g, percent);
    }
    for (const { pattern, order, form } of patterns) {
      const found = pattern.exec(text);
      if (found === null) continue;
      const values = Object.fromEntries(order.map((name, k) => [name, tr(found[k + 1])]));
      return form.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    }
    return text;
  }
  return { tr, code: data.codes[at] };
}

const ELSEWHERE = "script, style, noscript, [lang]:not(html)";

// Texts and labelled elements of the page's own language, in order.
function ownTexts() {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.data.trim() !== "" && node.parentElement.closest(ELSEWHERE) === null) found.push(node);
  }
  return found;
}

const plain = (text) => text.replaceAll("\u00a0", " ");

const labelled = (attribute) => [...document.querySelectorAll(`[${attribute}]`)]
  .filter((element) => element.closest(ELSEWHERE) === null);

// Does not break within P = 0.83 or an interval, nor before a unit, as in `translated.py`.
const bound = (text) => text
  .replace(/(\([-+\u2212]?\d[\d.,]*;) (?=[-+\u2212]?\d)/g, "$1\u00a0")
  .replace(/(P(?:\([^()<>]*\)|（[^（）<>]*）)?) ([=<>]) (?=\d)/g, "$1\u00a0$2\u00a0")
  .replace(/(\d) (?=%|pp\b|п\.п\.)/g, "$1\u00a0");

// `say(text, kind, at)` gives the new text of the place at this position.
function rewrite(say) {
  ownTexts().forEach((node, at) => {
    const text = node.data.trim();
    node.data = node.data.replace(text, () => bound(say(plain(text), "text", at)));
  });
  for (const attribute of ["aria-label", "data-label"]) {
    labelled(attribute).forEach((element, at) => {
      const text = plain(element.getAttribute(attribute));
      element.setAttribute(attribute, bound(say(text, attribute, at)));
    });
  }
}

// Everything that stands in the page before its scripts draw. A page that was written in another
// language brings its English texts, from which every language starts.
function translatePage(language) {
  const root = document.documentElement, written = document.getElementById("english");
  root.lang = language.code;
  for (const link of document.querySelectorAll("a.language")) {
    if (link.lang === language.code) link.setAttribute("aria-current", "true");
    link.addEventListener("click", () => { link.href = link.search + location.hash; });
  }
  if (written !== null) {
    const english = JSON.parse(written.textContent);
    rewrite((text, kind, at) => (
      english.words[english[kind][at]]
        ?? text.replace(/(?<=\d),(?=\d)/g, ".").replace(/(?<=\d)%/g, " %")
    ));
    document.title = english.title;
  }
  if (language.code === "en") return;
  rewrite(language.tr);
  document.title = document.querySelector("h1").textContent;
}
