// One trace: the waterfall. Only the rows that are seen are elements.

import { getJson, h, hue, show } from "./dom.js";
import { clock, count, duration, number, percent, weight } from "./format.js";
import { detail } from "./detail.js";
import { matches, reveal, rows, tree } from "./rows.js";

const ROW = 24, NAMES = 340;

export function trace({ main, live, path, search, go }) {
  const id = path[0];
  const cancel = new AbortController();
  const state = { folded: new Set(), unfolded: new Set(), only: null };
  let data = null, of = null, shown = [], chosen = -1, found = [], side = null, frame = 0, elements = new Map();
  show(main, h("p", { class: "empty" }, "…"));
  live("/api/events?view=status");
  getJson(`/api/traces/${encodeURIComponent(id)}`, cancel.signal).then(start, (error) => {
    if (error.name !== "AbortError") show(main, h("p", { class: "empty" }, "This trace is not here: it has made room for others, it ended in another process, or none of its spans has ended. "), h("a", { href: "#/traces" }, "All traces"));
  });

  const canvas = h("div", { class: "canvas", role: "tree", "aria-label": "Spans", tabindex: "0" });
  const scroll = h("div", { class: "scroll", onscroll: later }, canvas);
  const map = h("canvas", { height: "34", "aria-hidden": "true" });
  const axis = h("div", { class: "axis", "aria-hidden": "true" });
  const hits = h("span", { class: "quiet", role: "status" });
  const input = h("input", { type: "search", size: "26", "aria-label": "Search the spans", placeholder: "Search the spans", autocomplete: "off", spellcheck: "false",
    oninput: () => find(input.value), onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); next(found); } } });
  const alone = h("button", { type: "button", "aria-pressed": "false", onclick: critical }, "Critical path");
  const resize = new ResizeObserver(() => { draw(); minimap(); });

  function start(json) {
    data = json;
    of = tree(data);
    const root = data.spans[of.roots[0]];
    const waits = data.critical_wait, works = data.critical_handling;
    side = detail({ id, data, of, go, choose: select });
    show(main,
      h("div", { class: "summary" }, h("h1", {}, root?.name ?? "Trace"), h("span", { class: "id" }, data.trace_id), h("span", {}, clock(data.start_unix_ms)), h("span", { class: "strong" }, duration(data.duration)),
        h("span", {}, count(data.spans.length, "span"), data.cut ? `, ${number(data.cut)} more not kept` : ""), data.failed ? h("span", { class: "bad" }, `${number(data.failed)} failed`) : null,
        waits + works > 0 ? h("span", { class: "quiet" }, `critical path: ${percent(waits / (waits + works))} in mailboxes, ${percent(works / (waits + works))} in handlers`) : null),
      h("div", { class: "bar-of-tools" }, input, hits, alone, h("button", { type: "button", onclick: foldAll }, "Unfold all"), h("span", { class: "grow" }),
        h("a", { href: "#/traces" }, "All traces"), h("a", { href: `/api/traces/${data.trace_id}/text`, target: "_blank", rel: "noopener" }, "Text"), h("a", { href: `/api/traces/${data.trace_id}/otlp`, download: true }, "OTLP JSON"), h("a", { href: `/api/traces/${data.trace_id}/chrome`, download: true, title: "Opens in ui.perfetto.dev and speedscope.app" }, "Chrome trace")),
      h("div", { class: "trace", style: { "--names": `${NAMES}px` } }, h("div", { class: "waterfall" }, h("div", { class: "minimap" }, map), axis, scroll), side.element));
    ticks();
    rebuild();
    resize.observe(scroll);
    const wanted = search.get("span");
    const at = wanted ? data.spans.findIndex((span) => span.span_id === wanted) : -1;
    select(at >= 0 ? at : of.roots[0] ?? 0, true);
    canvas.focus({ preventScroll: true });
    main.dataset.ready = data.trace_id;
  }

  function ticks() {
    const step = nice(data.duration / 6 || 1);
    const marks = [];
    for (let at = 0; at <= data.duration; at += step) marks.push(h("span", { style: { left: `calc((100% - 160px) * ${at / (data.duration || 1)})` } }, at ? duration(at) : "0"));
    show(axis, marks);
  }

  function rebuild() {
    shown = rows(of, state);
    canvas.style.height = `${shown.length * ROW}px`;
    elements.clear();
    canvas.replaceChildren();
    draw();
  }

  function later() {
    if (!frame) frame = requestAnimationFrame(() => { frame = 0; draw(); });
  }

  /** Makes the rows that are to be seen and drops the others. */
  function draw() {
    const first = Math.max(0, Math.floor(scroll.scrollTop / ROW) - 5), last = Math.min(shown.length, Math.ceil((scroll.scrollTop + scroll.clientHeight) / ROW) + 5);
    for (const [at, element] of elements) if (at < first || at >= last) { element.remove(); elements.delete(at); }
    for (let at = first; at < last; at++) {
      if (elements.has(at)) continue;
      const element = line(shown[at], at);
      elements.set(at, element);
      canvas.append(element);
    }
    mark();
  }

  function mark() {
    for (const [at, element] of elements) {
      const is = at === chosen;
      element.classList.toggle("chosen", is);
      element.setAttribute("aria-selected", is ? "true" : "false");
      if (is) canvas.setAttribute("aria-activedescendant", element.id);
    }
    if (!elements.has(chosen)) canvas.removeAttribute("aria-activedescendant");
  }

  const left = (time) => `${(100 * time / (data.duration || 1)).toFixed(4)}%`;

  function line(row, at) {
    const isGroup = row.members !== undefined;
    const span = isGroup ? row : of.spans[row.span];
    const failed = isGroup ? row.failed > 0 : span.error !== null;
    const works = isGroup ? row.end - row.start : span.duration;
    const actor = isGroup ? of.spans[row.members[0]].actor : span.actor;
    const twig = isGroup ? (row.open ? "▾" : "▸") : row.below ? (row.open ? "▾" : "▸") : "";
    const label = isGroup
      ? [h("span", {}, row.name), h("span", { class: "quiet" }, ` ${number(row.members.length)} kept`), row.weight > row.members.length * 1.005 ? h("span", { class: "weight", title: "how many messages they stand for" }, ` of ${number(row.weight)}`) : "", row.failed ? h("span", { class: "bad" }, ` ${number(row.failed)} failed`) : ""]
      : [h("span", { class: failed ? "bad" : null }, span.name), span.instance ? h("span", { class: "quiet" }, ` ${span.instance}`) : "", span.weight > 1.005 ? h("span", { class: "weight", title: `stands for so many${span.reason ? `: ${span.reason}` : ""}` }, ` ${weight(span.weight)}`) : "", span.links.length ? h("span", { class: "weight", title: "linked" }, " ↪") : "", h("span", { class: "field" }, ` ${span.attributes.slice(0, 3).map(([name, value]) => `${name}=${String(value).slice(0, 40)}`).join(" ")}`)];
    const took = isGroup ? `≤ ${duration(row.longest)}` : duration(span.duration);
    const wait = isGroup ? row.longestWait : span.wait;
    const parts = isGroup ? row.members.flatMap((member) => of.critical.get(member) ?? []) : of.critical.get(row.span) ?? [];
    return h("div", {
      class: ["line", failed ? "failed" : "", isGroup ? "group" : ""].filter(Boolean).join(" "), role: "treeitem", id: `row-${at}`, "aria-level": String(row.depth + 1), "aria-selected": "false",
      "aria-expanded": twig ? String(row.open) : null,
      style: { top: `${at * ROW}px`, "--hue": String(hue(actor)) },
      onclick: (event) => { chosen = at; if (event.target.closest(".twig") || isGroup) toggle(at); else pick(at); },
    },
    h("div", { class: "name", style: { "padding-left": `${Math.min(row.depth, 14) * 14}px` } }, h("span", { class: "twig", "aria-hidden": "true" }, twig), label),
    h("div", { class: "time" },
      span.sent < span.start ? h("div", { class: "waits", style: { left: left(span.sent), width: left(span.start - span.sent) } }) : null,
      h("div", { class: "works", style: { left: left(span.start), width: left(works) } }),
      parts.map((part) => h("div", { class: "crit", style: { left: left(part.from), width: left(part.until - part.from) } })),
      h("span", { class: "took", style: { left: left(span.start + works) } }, took, wait ? ` after ${duration(wait)}` : "")));
  }

  function pick(at) {
    chosen = at;
    const row = shown[at];
    side.show(row.members ? row : row.span);
    mark();
  }

  /** Chooses a span, and opens what hides it. */
  function select(span, quiet) {
    if (state.only && !state.only.has(span)) { state.only = null; alone.setAttribute("aria-pressed", "false"); }
    reveal(of, span, state);
    rebuild();
    const at = shown.findIndex((row) => row.span === span);
    if (at < 0) return;
    pick(at);
    into(at, quiet ? "nearest" : "center");
  }

  function into(at, where) {
    const top = at * ROW;
    if (top < scroll.scrollTop || top + ROW > scroll.scrollTop + scroll.clientHeight) scroll.scrollTop = where === "center" ? top - scroll.clientHeight / 2 : top < scroll.scrollTop ? top : top + ROW - scroll.clientHeight;
    draw();
  }

  function toggle(at) {
    const row = shown[at];
    const set = row.members ? state.unfolded : state.folded;
    const key = row.members ? row.key : row.span;
    if (row.members || row.below) { if (!set.delete(key)) set.add(key); }
    rebuild();
    pick(Math.min(at, shown.length - 1));
  }

  function foldAll() {
    const all = shown.filter((row) => row.members && !row.open);
    if (all.length) for (const row of all) state.unfolded.add(row.key);
    else state.unfolded.clear();
    rebuild();
    pick(Math.min(chosen, shown.length - 1));
  }

  function critical() {
    if (state.only) state.only = null;
    else {
      state.only = new Set();
      for (let span of of.critical.keys()) for (; span >= 0 && !state.only.has(span); span = of.parent[span]) state.only.add(span);
    }
    alone.setAttribute("aria-pressed", String(state.only !== null));
    rebuild();
    if (shown.length) pick(Math.max(0, Math.min(chosen, shown.length - 1)));
    scroll.scrollTop = 0;
    draw();
  }

  function find(text) {
    found = matches(of, text);
    hits.textContent = text.trim() ? count(found.length, "match").replace("matchs", "matches") : "";
    if (found.length) select(found[0]);
  }

  /** Goes to the next of these spans after the chosen one. */
  function next(list) {
    if (!list.length) return;
    const now = shown[chosen]?.span ?? -1;
    select(list.find((at) => at > now) ?? list[0]);
  }

  function minimap() {
    const ratio = devicePixelRatio || 1, width = map.clientWidth, height = 34;
    if (!width) return;
    map.width = width * ratio;
    map.height = height * ratio;
    const context = map.getContext("2d");
    context.scale(ratio, ratio);
    const style = getComputedStyle(document.documentElement);
    const [light, saturation] = [style.getPropertyValue("--bar-light"), style.getPropertyValue("--bar-saturation")];
    const scale = (width - 160) / (data.duration || 1), tall = Math.max(0.5, Math.min(3, height / data.spans.length));
    data.spans.forEach((span, at) => {
      const y = at * (height - tall) / Math.max(data.spans.length - 1, 1);
      const color = span.error === null ? `${hue(span.actor)} ${saturation} ${light}` : "3 70% 50%";
      context.fillStyle = `hsl(${color} / .35)`;
      context.fillRect(span.sent * scale, y, (span.start - span.sent) * scale, tall);
      context.fillStyle = `hsl(${color})`;
      context.fillRect(span.start * scale, y, Math.max(span.duration * scale, 0.7), tall);
    });
  }

  return {
    close() { cancel.abort(); resize.disconnect(); side?.close(); delete main.dataset.ready; },
    onTheme() { if (data) minimap(); },
    onKey(key) {
      if (!data) return false;
      const row = shown[chosen];
      const move = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, PageDown: 20, PageUp: -20, Home: -1e9, End: 1e9 }[key];
      if (move !== undefined) { const at = Math.max(0, Math.min(shown.length - 1, chosen + move)); pick(at); into(at); }
      else if (key === "ArrowRight" && row) { if ((row.members || row.below) && !row.open) toggle(chosen); else if (row.open) { pick(chosen + 1); into(chosen); } }
      else if (key === "ArrowLeft" && row) {
        if (row.open) toggle(chosen);
        else { let at = chosen; while (at > 0 && shown[at].depth >= row.depth) at--; pick(at); into(at); }
      }
      else if (key === "Enter" && row) { if (row.members) toggle(chosen); else side.element.focus(); }
      else if (key === "f") next(data.spans.flatMap((span, at) => span.error === null ? [] : [at]));
      else if (key === "n") next(found);
      else if (key === "c") critical();
      else if (key === "e") foldAll();
      else if (key === "Escape") go("#/traces");
      else return false;
      return true;
    },
  };
}

/** The number above it that is 1, 2 or 5 times a power of ten. */
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const digit = value / power;
  return power * (digit > 5 ? 10 : digit > 2 ? 5 : digit > 1 ? 2 : 1);
}
