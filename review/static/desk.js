// The desk by keyboard, and without reloading. Everything works without this file; it only makes it quicker.
//
// Keys stand in the pages themselves: data-key="a" on a button, link, field or <summary> says which key presses it,
// data-says what the help calls it. Forms and links with data-swap load in place.
"use strict";

const OFF = "stancewatch keys off";
let begun = ""; // the first key of two ("g t")
let forget = 0;
let posting = false;
let asked = null; // what is being loaded

const main = () => document.querySelector("main");
const status = (words) => { document.getElementById("status").textContent = words; };
const keysAreOn = () => { try { return localStorage.getItem(OFF) === null; } catch { return true; } };
const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;
const isSeen = (element) => element.checkVisibility() || element.closest(".hidden") !== null;

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isTyping(event.target)) { event.target.blur(); return; }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) {
    event.preventDefault();
    event.target.form.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "?") { event.preventDefault(); showHelp(); return; }
  if (!keysAreOn() || document.querySelector("dialog[open]")) return;
  if (posting || event.repeat) return; // a key that is hit twice, or held, is meant once
  if (!begun && STEPS[event.key] && rows().length) { event.preventDefault(); step(STEPS[event.key]); return; }
  const wanted = begun ? `${begun} ${event.key}` : event.key;
  const all = [...document.querySelectorAll("[data-key]")].filter(isSeen);
  const hit = all.find((element) => element.dataset.key === wanted);
  clearTimeout(forget);
  begun = "";
  if (hit) {
    event.preventDefault();
    press(hit);
  } else if (all.some((element) => element.dataset.key.startsWith(`${wanted} `))) {
    begun = wanted;
    forget = setTimeout(() => { begun = ""; }, 1500);
  }
});

// Lists: j and k go from row to row. A row's own link says data-row; Enter opens a link as ever.
const STEPS = { j: 1, k: -1 };
const rows = () => [...main().querySelectorAll("a[data-row]")].filter(isSeen);

function step(by) {
  const all = rows();
  const current = document.activeElement.closest("tr, li")?.querySelector("a[data-row]");
  const next = all[current ? all.indexOf(current) + by : by > 0 ? 0 : all.length - 1];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function press(element) {
  if (element.matches("summary")) {
    const box = element.parentElement;
    box.open = !box.open;
    const first = box.open && box.querySelector("select, input:not([type=hidden]), textarea");
    (first || element).focus();
  } else if (element.matches("input, textarea, select")) {
    element.focus();
    element.scrollIntoView({ block: "nearest" });
  } else {
    element.click();
  }
}

// ── in place ────────────────────────────────────────────────────────────────────────────────────────────────────────
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-swap]") || event.defaultPrevented) return;
  event.preventDefault();
  if (posting) return;
  const data = new URLSearchParams(new FormData(form, event.submitter));
  const address = event.submitter?.getAttribute("formaction") || form.getAttribute("action") || location.href;
  if (form.method === "post") load(address, { method: "POST", body: data }, true, event.submitter?.form ?? form);
  else load(`${address.split("?")[0]}?${data}`, {});
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (posting) return;
  load(link.href, {});
});

addEventListener("popstate", () => { if (!posting) load(location.href, {}, false); });

async function load(address, options, keep = true, form = null) {
  asked?.abort(); // the last one that was asked for is meant
  const mine = asked = new AbortController();
  posting = options.method === "POST";
  main().setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { ...options, headers: { Accept: "text/html" }, signal: mine.signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    posting = false;
    const fresh = page.querySelector("main");
    if (!fresh || !answer.headers.get("content-type")?.startsWith("text/html")) { location.assign(answer.url); return; }
    const refusal = fresh.querySelector("[role=alert]");
    if (form && !answer.ok && refusal) { refuse(form, refusal.innerText); return; }
    trouble("");
    main().replaceWith(fresh);
    document.querySelector("header.top")?.replaceWith(page.querySelector("header.top") ?? "");
    document.title = page.title;
    const place = new URL(form?.dataset.place ?? address, location.href).hash; // an answer's address has none
    const here = answer.url + place;
    if (keep && here !== location.href) history.pushState(null, "", here);
    const done = form?.dataset.done ?? page.title;
    arrive(answer.ok ? done : fresh.innerText.trim().slice(0, 200), place.slice(1));
  } catch {
    if (mine.signal.aborted) return;
    posting = false;
    main().removeAttribute("aria-busy");
    trouble("The desk does not answer, so it is not known whether that was done. Try again.");
  }
}

function trouble(words) {
  const note = document.getElementById("trouble");
  note.textContent = words;
  note.hidden = !words;
}

// What was typed stays: the words stand at the form that was refused.
function refuse(form, words) {
  main().removeAttribute("aria-busy");
  main().querySelector("#refusal")?.remove();
  const note = document.createElement("p");
  note.id = "refusal";
  note.className = "note bad";
  note.tabIndex = -1;
  note.textContent = words;
  form.before(note);
  note.focus();
  status(words);
}

function arrive(words, place) {
  status(words);
  showView();
  const asked = place && document.getElementById(place);
  const heading = asked || main().querySelector("h1");
  if (heading) {
    if (heading.tabIndex < 0) heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
  if (asked) { asked.scrollIntoView(); return; }
  scrollTo(0, 0);
  showEvidence();
}

function showEvidence() {
  document.getElementById("evidence")?.scrollIntoView({ block: "nearest" });
}

// ── names, for fields that take one: loaded the first time that such a field is entered ─────────────────────────────
document.addEventListener("focusin", async ({ target }) => {
  const address = target.dataset?.loads;
  if (!address || document.getElementById("names")) return;
  const names = document.createElement("div");
  names.id = "names"; // outside of what is loaded in place, so it is there from now on
  names.hidden = true;
  document.body.append(names);
  try {
    const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
    names.append(...page.querySelectorAll("datalist"));
  } catch {
    names.remove(); // names can be typed without
  }
});

// ── choosing evidence by selecting text ─────────────────────────────────────────────────────────────────────────────
// Paragraphs say where they begin in the document's text (data-start, in characters as the server counts them).
document.addEventListener("selectionchange", () => {
  const field = document.querySelector("textarea[data-evidence]");
  const chosen = getSelection();
  if (!field?.checkVisibility() || !chosen || chosen.isCollapsed) return; // who copies a word corrects nothing
  const range = chosen.getRangeAt(0);
  const first = paragraphOf(range.startContainer);
  if (!first || !paragraphOf(range.endContainer)) return;
  const before = document.createRange();
  before.setStart(first, 0);
  before.setEnd(range.startContainer, range.startOffset);
  field.value = chosen.toString().trim();
  const skipped = chosen.toString().length - chosen.toString().trimStart().length;
  field.form.elements.start.value = Number(first.dataset.start) + [...before.toString()].length + skipped;
});

function paragraphOf(node) {
  return (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest("[data-start]");
}

// ── help ────────────────────────────────────────────────────────────────────────────────────────────────────────────
function showHelp() {
  const dialog = document.getElementById("keys");
  const list = dialog.querySelector("dl");
  list.replaceChildren();
  const told = new Set();
  const tell = (keys, words) => {
    const key = document.createElement("dt");
    for (const part of keys) {
      const cap = document.createElement("kbd");
      cap.textContent = part;
      key.append(cap, " ");
    }
    const says = document.createElement("dd");
    says.textContent = words;
    list.append(key, says);
  };
  if (rows().length) tell(Object.keys(STEPS), "the next row, the row before; Enter opens it");
  for (const element of document.querySelectorAll("[data-key]")) {
    if (!isSeen(element) || told.has(element.dataset.key)) continue;
    told.add(element.dataset.key);
    tell(
      element.dataset.key.split(" "),
      element.dataset.says || element.getAttribute("aria-label") || element.textContent.trim(),
    );
  }
  const toggle = dialog.querySelector("input");
  toggle.checked = keysAreOn();
  dialog.showModal();
}

document.addEventListener("change", (event) => {
  if (event.target.id === "keys-on") {
    try {
      if (event.target.checked) localStorage.removeItem(OFF); else localStorage.setItem(OFF, "1");
    } catch { /* no storage: they stay on */ }
  }
  if (event.target.matches("select[data-submits]")) event.target.form.requestSubmit();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-help]")) { event.preventDefault(); showHelp(); }
});

// On a narrow screen the views stand in one row that scrolls: begin where we are.
function showView() {
  const here = document.querySelector("header.top nav [aria-current]");
  if (here) here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - 40;
}

document.documentElement.classList.add("quick");
showView();
if (!location.hash) showEvidence();
