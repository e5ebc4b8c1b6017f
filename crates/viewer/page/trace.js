// One trace: the waterfall. Only the rows that are seen are elements.

import { getJson, h, hues, show, update } from "./dom.js";
import { clock, count, duration, number, percent, weight } from "./format.js";
import { detail } from "./detail.js";
import { matches, reveal, rows, tree } from "./rows.js";

const ROW = 24, NAMES = 340;
/** The part of a row, in pixels, for the text beside a bar. */
const BESIDE = 160;

export function trace({ main, live, path, search, go }) {
  const id = path[0];
  const cancel = new AbortController();
  const state = { folded: new Set(), unfolded: new Set(), only: null };
  // The part of the time that is seen, in nanoseconds since the start.
  let seen = { from: 0, until: 1 };
  let data = null, of = null, colors = new Map(), shown = [], chosen = -1, found = [], side = null, frame = 0, elements = new Map();
  show(main, h("p", { class: "empty" }, "…"));
  live(`api/events?view=trace&id=${encodeURIComponent(id)}`, (now) => {
    if (data && now.spans > data.spans.length + data.cut) load(refresh);
    // Its first span may end while the page says that it is not here.
    else if (!data && now.spans && !loading) load(start);
  });
  let loading = false;
  load(start);

  async function load(then) {
    if (loading) return;
    loading = true;
    try {
      then(await getJson(`api/traces/${encodeURIComponent(id)}`, cancel.signal));
    } catch (error) {
      if (error.name === "AbortError" || data) return;
      show(main, h("p", { class: "empty" }, "This trace is not here: it has made room for others, it ended in another process, or none of its spans has ended. ", h("a", { href: "#/traces" }, "All traces")));
    } finally {
      loading = false;
    }
  }

  const canvas = h("div", { class: "canvas", role: "tree", "aria-label": "Spans", tabindex: "0" });
  const scroll = h("div", { class: "scroll", onscroll: later }, canvas);
  const map = h("canvas", { height: "34", "aria-hidden": "true" });
  const axis = h("div", { class: "axis", "aria-hidden": "true" });
  const hits = h("span", { class: "quiet", role: "status" });
  const input = h("input", { type: "search", size: "26", "aria-label": "Search the spans", placeholder: "Search the spans", autocomplete: "off", spellcheck: "false",
    oninput: () => find(input.value), onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); next(found); } } });
  const alone = h("button", { type: "button", "aria-pressed": "false", onclick: critical }, "Critical path");
  const whole = h("button", { type: "button", title: "Shows all of its time (0)", onclick: () => zoom(0, data.duration) }, "Whole trace");
  const summary = h("div", { class: "summary" });
  const resize = new ResizeObserver(() => { draw(); minimap(); });

  function start(json) {
    take(json);
    seen = { from: 0, until: data.duration || 1 };
    side = detail({ id, choose: select });
    side.about(data, of);
    const file = (form, title, hint, more) => h("a", { href: `api/traces/${data.trace_id}/${form}`, title: hint, ...more }, title);
    show(main, summary,
      h("div", { class: "bar-of-tools" }, input, hits, alone, h("button", { type: "button", onclick: foldAll }, "Unfold all"), whole,
        h("span", { class: "legend", style: { "--hue": "225" } }, h("span", {}, h("i", { class: "wait" }), "in the mailbox"), h("span", {}, h("i", {}), "in the handler"), h("span", {}, h("i", { class: "path" }), "critical path")),
        h("span", { class: "grow" }),
        h("a", { href: "#/traces" }, "All traces"), file("text", "Text", "A waterfall as text", { target: "_blank", rel: "noopener" }), file("otlp", "OTLP JSON", "For collectors and Jaeger", { download: true }), file("chrome", "Chrome trace", "Opens in ui.perfetto.dev and speedscope.app", { download: true })),
      h("div", { class: "trace", style: { "--names": `min(${NAMES}px, 40%)`, "--beside": `${BESIDE}px` } }, h("div", { class: "waterfall" }, h("div", { class: "minimap", title: "Drag to zoom" }, map), axis, scroll), side.element));
    zoom(0, data.duration);
    resize.observe(scroll);
    const wanted = search.get("span");
    const at = wanted ? data.spans.findIndex((span) => span.span_id === wanted) : -1;
    select(at >= 0 ? at : of.roots[0] ?? 0, true);
    canvas.focus({ preventScroll: true });
    main.dataset.ready = data.trace_id;
  }

  function take(json) {
    data = json;
    of = tree(data);
    colors = hues([...new Set(data.spans.map((span) => span.actor))]);
    const root = data.spans[of.roots[0]];
    const waits = data.critical_wait, works = data.critical_handling;
    update(summary, h("h1", {}, root?.name ?? "Trace"), h("span", { class: "id" }, data.trace_id), h("span", {}, clock(data.start_unix_ms)), h("span", { class: "strong" }, duration(data.duration)),
      h("span", {}, count(data.spans.length, "span"), data.cut ? `, ${number(data.cut)} more not kept` : ""), data.failed ? h("span", { class: "bad" }, `${number(data.failed)} failed`) : null,
      waits + works > 0 ? h("span", { class: "quiet" }, `critical path: ${percent(waits / (waits + works))} in mailboxes, ${percent(works / (waits + works))} in handlers`) : null);
  }

  /** More of its spans have ended: what is folded, chosen and seen stays as it is. */
  function refresh(json) {
    const ids = (places) => [...places].map((at) => data.spans[at].span_id);
    const [folded, picked, isWhole] = [ids(state.folded), shown[chosen], isAll()];
    const before = picked?.members ? picked.key : picked && data.spans[picked.span].span_id;
    take(json);
    const place = new Map(data.spans.map((span, at) => [span.span_id, at]));
    state.folded = new Set(folded.map((one) => place.get(one)).filter((at) => at !== undefined));
    if (state.only) state.only = onPath();
    look(input.value);
    if (isWhole) seen = { from: 0, until: data.duration || 1 };
    side.about(data, of);
    rebuild();
    zoom(seen.from, seen.until);
    const at = shown.findIndex((row) => (row.members ? row.key : data.spans[row.span].span_id) === before);
    if (at >= 0) pick(at);
  }

  function isAll() {
    return seen.from <= 0 && seen.until >= data.duration;
  }

  /** Shows this part of the time. */
  function zoom(from, until) {
    const all = data.duration || 1, length = Math.min(all, Math.max(until - from, 10));
    from = Math.max(0, Math.min(from, all - length));
    seen = { from, until: from + length };
    whole.hidden = isAll();
    ticks();
    minimap();
    if (shown.length) redraw(); else rebuild();
  }

  /** Zooms about the middle of what is chosen, as far as it is seen. */
  function zoomBy(factor) {
    const row = shown[chosen];
    const [from, until] = row ? extent(row) : [seen.from, seen.until];
    const middle = Math.min(Math.max((from + until) / 2, seen.from), seen.until), length = (seen.until - seen.from) * factor;
    zoom(middle - length / 2, middle + length / 2);
  }

  function extent(row) {
    const span = row.members ? row : of.spans[row.span];
    return [span.sent, row.members ? row.end : span.start + span.duration];
  }

  // Dragged over, the small picture zooms to that part; clicked twice, it shows all.
  let dragged = null;
  const timeAt = (event) => {
    const box = map.getBoundingClientRect();
    return data.duration * Math.min(1, Math.max(0, (event.clientX - box.left) / (box.width - BESIDE)));
  };
  map.onpointerdown = (event) => { dragged = { from: timeAt(event), until: timeAt(event) }; map.setPointerCapture(event.pointerId); };
  map.onpointermove = (event) => { if (dragged) { dragged.until = timeAt(event); minimap(); } };
  map.onpointerup = () => {
    const { from, until } = dragged ?? { from: 0, until: 0 };
    dragged = null;
    if (Math.abs(until - from) > data.duration / 200) zoom(Math.min(from, until), Math.max(from, until)); else minimap();
  };
  map.onpointercancel = () => { dragged = null; minimap(); };
  map.ondblclick = () => zoom(0, data.duration);

  function ticks() {
    const length = seen.until - seen.from, step = nice(length / 6);
    const marks = [];
    for (let at = Math.ceil(seen.from / step) * step; at <= seen.until; at += step) marks.push(h("span", { style: { left: `calc((100% - ${BESIDE}px) * ${(at - seen.from) / length})` } }, at ? duration(at) : "0"));
    show(axis, marks);
  }

  function rebuild() {
    shown = rows(of, state);
    canvas.style.height = `${shown.length * ROW}px`;
    redraw();
  }

  /** Makes all rows that are to be seen anew. */
  function redraw() {
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

  /** Where a time is, from 0 to 1, and a little beyond for what is not seen. */
  const across = (time) => Math.min(1.02, Math.max(-0.02, (time - seen.from) / (seen.until - seen.from)));

  /** The place of a bar. One that is not seen at all is none. */
  function bar(from, until) {
    if (until < seen.from || from > seen.until) return { display: "none" };
    const left = across(from);
    return { left: `${(100 * left).toFixed(4)}%`, width: `${(100 * (across(until) - left)).toFixed(4)}%` };
  }

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
    const parts = joined((isGroup ? row.members : [row.span]).flatMap((member) => of.critical.get(member) ?? []), (seen.until - seen.from) / 1000);
    return h("div", {
      class: ["line", failed ? "failed" : "", isGroup ? "group" : ""].filter(Boolean).join(" "), role: "treeitem", id: `row-${at}`, "aria-level": String(row.depth + 1), "aria-selected": "false",
      "aria-expanded": twig ? String(row.open) : null,
      style: { top: `${at * ROW}px`, "--hue": String(colors.get(actor)) },
      onclick: (event) => { chosen = at; if (event.target.closest(".twig") || isGroup) toggle(at); else pick(at); },
    },
    h("div", { class: "name", style: { "padding-left": `${Math.min(row.depth, 14) * 14}px` } }, h("span", { class: "twig", "aria-hidden": "true" }, twig), label),
    h("div", { class: "time" },
      span.sent < span.start ? h("div", { class: "waits", style: bar(span.sent, span.start) }) : null,
      h("div", { class: "works", style: bar(span.start, span.start + works) }),
      parts.map((part) => h("div", { class: "crit", style: bar(part.from, part.until) })),
      h("span", { class: "took", style: { ...bar(span.start, span.start + works), left: `${(100 * Math.min(1, across(span.start + works))).toFixed(4)}%`, width: "auto" } }, took, wait ? ` after ${duration(wait)}` : "")));
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

  /** The spans of the critical path, and what they are in. */
  function onPath() {
    const only = new Set();
    for (let span of of.critical.keys()) for (; span >= 0 && !only.has(span); span = of.parent[span]) only.add(span);
    return only;
  }

  function critical() {
    state.only = state.only ? null : onPath();
    alone.setAttribute("aria-pressed", String(state.only !== null));
    rebuild();
    if (shown.length) pick(Math.max(0, Math.min(chosen, shown.length - 1)));
    scroll.scrollTop = 0;
    draw();
  }

  function look(text) {
    found = matches(of, text);
    hits.textContent = text.trim() ? count(found.length, "match", "matches") : "";
  }

  function find(text) {
    look(text);
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
    const scale = (width - BESIDE) / (data.duration || 1), tall = Math.max(0.5, Math.min(3, height / data.spans.length));
    data.spans.forEach((span, at) => {
      const y = at * (height - tall) / Math.max(data.spans.length - 1, 1);
      const color = span.error === null ? `${colors.get(span.actor)} ${saturation} ${light}` : "3 70% 50%";
      context.fillStyle = `hsl(${color} / .35)`;
      context.fillRect(span.sent * scale, y, (span.start - span.sent) * scale, tall);
      context.fillStyle = `hsl(${color})`;
      context.fillRect(span.start * scale, y, Math.max(span.duration * scale, 0.7), tall);
    });
    const part = dragged ? { from: Math.min(dragged.from, dragged.until), until: Math.max(dragged.from, dragged.until) } : isAll() ? null : seen;
    if (!part) return;
    // Dim the part that is not shown.
    context.fillStyle = style.getPropertyValue("--ground");
    context.globalAlpha = 0.7;
    context.fillRect(0, 0, part.from * scale, height);
    context.fillRect(part.until * scale, 0, width - part.until * scale, height);
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
      else if (key === "z" && row) { const [from, until] = extent(row); zoom(from - (until - from) / 20, until + (until - from) / 20); }
      else if (key === "+" || key === "=") zoomBy(0.5);
      else if (key === "-") zoomBy(2);
      else if (key === "0") zoom(0, data.duration);
      else if (key === "Escape") go("#/traces");
      else return false;
      return true;
    },
  };
}

/** Joins parts between which nobody would see a gap, if they are many: a fan-out may have thousands. */
function joined(parts, gap) {
  if (parts.length < 64) return parts;
  const out = [];
  for (const { from, until } of [...parts].sort((one, other) => one.from - other.from)) {
    if (out.length && from <= out.at(-1).until + gap) out.at(-1).until = Math.max(out.at(-1).until, until);
    else out.push({ from, until });
  }
  return out;
}

/** The number above it that is 1, 2 or 5 times a power of ten. */
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const digit = value / power;
  return power * (digit > 5 ? 10 : digit > 2 ? 5 : digit > 1 ? 2 : 1);
}
