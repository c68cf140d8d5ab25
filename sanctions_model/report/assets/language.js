// The page in another language: `?lang=zh`. Texts are found by their English form; what they quote
// (numbers, names) is put into the language in turn, and digits stay what they are. Texts that have
// no form in the language stay English; so does what is marked as English.

const DECIMAL = /(?<!\.\d*)(\d)\.(\d)(?!\d*\.\d)/g; // not within a version, as in 0.1.0

function openLanguage(data, wanted) {
  const at = Math.max(0, data.codes.indexOf(wanted));
  const mark = data.decimal[data.codes[at]];
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
  const marked = (text) => (
    /^[-+\u2212\d.,;:()%\s\u2192†P=<>]+$/.test(text) ? text.replace(DECIMAL, `$1${mark}$2`) : text
  );

  function tr(text) {
    if (at === 0) return text;
    const known = exact.get(text);
    if (known !== undefined) return known;
    for (const { pattern, order, form } of patterns) {
      const found = pattern.exec(text);
      if (found === null) continue;
      const values = Object.fromEntries(order.map((name, k) => [name, tr(found[k + 1])]));
      return form.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    }
    return marked(text);
  }
  return { tr, code: data.codes[at] };
}

// Everything that stands in the page before its scripts draw.
function translatePage(language) {
  const root = document.documentElement;
  root.lang = language.code;
  for (const link of document.querySelectorAll("a.language")) {
    if (link.lang === language.code) link.setAttribute("aria-current", "true");
    link.addEventListener("click", () => { link.href = link.search + location.hash; });
  }
  if (language.code === "en") return;
  const english = "script, style, noscript, [lang]:not(html)";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, text = node.data.trim();
    if (text === "" || node.parentElement.closest(english) !== null) continue;
    node.data = node.data.replace(text, () => language.tr(text));
  }
  for (const attribute of ["aria-label", "data-label"]) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      if (element.closest(english) !== null) continue;
      element.setAttribute(attribute, language.tr(element.getAttribute(attribute)));
    }
  }
  document.title = document.querySelector("h1").textContent;
}
