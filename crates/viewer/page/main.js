// The frame: which view is shown, the keys, the theme, and the live connection.

import { h, show } from "./dom.js";
import { bytes, count, number } from "./format.js";
import { actors } from "./actors.js";
import { compare } from "./compare.js";
import { instances } from "./instances.js";
import { open } from "./open.js";
import { trace } from "./trace.js";
import { traces } from "./traces.js";

const VIEWS = [["actors", "Actors", actors], ["instances", "Instances", instances], ["open", "Open work", open], ["traces", "Traces", traces], ["compare", "Compare", compare]];
const KEYS = [
  ["1 … 5", "the views"], ["j k ↓ ↑", "the next and the previous row"], ["Enter", "open the row"], ["→ ←", "unfold and fold"], ["/", "search"], ["n", "the next match"],
  ["f", "the next failed span"], ["c", "the critical path alone"], ["e", "unfold or fold all"], ["z", "zoom to the span"], ["+ −", "zoom in and out"], ["0", "the whole trace"], ["Esc", "back"], ["t", "dark or light"], ["?", "these keys"],
];

const main = document.getElementById("main");
const status = document.getElementById("status");
const SCROLLING = new Set(["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End", " "]);
let view = null;
let stream = null;
let source = null;
let again = null;

/** Opens the stream of a view. Its data go to `act`. */
function live(url, act) {
  stream = { url, act };
  connect();
}

/** Opens the stream, unless the tab is hidden: a browser has no more than six connections to a program, for all of its tabs. */
function connect() {
  source?.close();
  source = null;
  clearTimeout(again);
  main.dataset.live = String(!document.hidden);
  if (!stream || document.hidden) return;
  const { url, act } = stream;
  const mine = source = new EventSource(url);
  const on = (name, act) => mine.addEventListener(name, (event) => act(JSON.parse(event.data)));
  on("status", showStatus);
  if (act) on("view", act);
  mine.onerror = () => {
    status.textContent = "the program does not answer";
    status.classList.add("lost");
    // The browser tries again by itself, unless there was an answer that is no stream.
    if (mine.readyState === EventSource.CLOSED) again = setTimeout(connect, 2000);
  };
}

function showStatus(of) {
  status.classList.remove("lost");
  document.getElementById("service").textContent = of.service;
  const parts = [`${count(of.traces, "trace")}, ${count(of.spans, "span")}, ${bytes(of.bytes)}`];
  if (of.evicted) parts.push(`${number(of.evicted)} made room`);
  if (of.dropped) parts.push(`${number(of.dropped)} spans dropped`);
  status.textContent = parts.join(" · ");
  view?.onStatus?.(of);
}

function route() {
  const [path, search = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name = "", ...rest] = path.split("/").map(decode);
  const entry = VIEWS.find(([of]) => of === name) ?? VIEWS[0];
  const make = entry[0] === "traces" && rest[0] ? trace : entry[2];
  view?.close?.();
  main.className = make === trace ? "fill" : "";
  show(document.getElementById("views"), VIEWS.map(([of, title]) => h("a", { href: `#/${of}`, "aria-current": of === entry[0] ? "page" : null }, title)));
  document.title = `${rest[0] ?? entry[1]} · viewer`;
  view = make({ main, live, path: rest, search: new URLSearchParams(search), go });
}

function decode(part) {
  try { return decodeURIComponent(part); } catch { return part; }
}

function go(hash) {
  if (location.hash === hash) route(); else location.hash = hash;
}

function theme(next) {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  const chosen = next ?? (now === "dark" ? "light" : "dark");
  document.documentElement.dataset.theme = chosen;
  try { localStorage.setItem("theme", chosen); } catch { /* not allowed: not remembered */ }
  view?.onTheme?.();
}

function help() {
  const keys = document.getElementById("keys");
  if (keys.open) { keys.close(); return; }
  show(keys, h("h1", { id: "keys-title" }, "Keys"), h("dl", {}, KEYS.map(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)])),
    h("button", { type: "button", onclick: () => keys.close() }, "Close"));
  keys.showModal();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.getElementById("keys").open) return;
  const typing = event.target instanceof Element && event.target.matches("input, select, textarea");
  if (typing && event.key !== "Escape") return;
  if (typing) { event.target.blur(); event.preventDefault(); return; }
  const target = event.target instanceof Element ? event.target : null;
  // The key acts on the link or the button that has the focus.
  if ((event.key === "Enter" || event.key === " ") && target?.closest("a[href], button")) return;
  if (SCROLLING.has(event.key) && target?.closest(".detail")) return;
  if (event.key === "Escape" && target?.closest(".detail")) { main.querySelector("[role=tree]")?.focus(); event.preventDefault(); return; }
  const number = Number(event.key);
  if (number >= 1 && number <= VIEWS.length) go(`#/${VIEWS[number - 1][0]}`);
  else if (event.key === "t") theme();
  else if (event.key === "?") help();
  else if (event.key === "/" && main.querySelector("input[type=search]")) main.querySelector("input[type=search]").focus();
  else if (!view?.onKey?.(event.key, event)) return;
  // The next key acts on the row that this key has chosen, and not on what had the focus.
  else if (target?.closest("a[href], button")) target.blur();
  event.preventDefault();
});
document.getElementById("theme").addEventListener("click", () => theme());
document.getElementById("help").addEventListener("click", help);
addEventListener("hashchange", route);
document.addEventListener("visibilitychange", connect);
try { const saved = localStorage.getItem("theme"); if (saved === "dark" || saved === "light") theme(saved); } catch { /* not allowed */ }
route();
