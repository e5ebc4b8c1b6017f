// The rows of a waterfall: a tree of spans, with many siblings of one name folded into one row. Nothing here draws.

/** Siblings of one name beyond this many are one row, until they are unfolded. */
export const FOLD = 8;

/** Builds the tree. Parents that are missing, or that go in a circle, make roots. */
export function tree(trace) {
  const spans = trace.spans;
  const place = new Map();
  spans.forEach((span, at) => { if (!place.has(span.span_id)) place.set(span.span_id, at); });
  const parent = spans.map((span, at) => {
    const of = span.parent_id === null ? undefined : place.get(span.parent_id);
    return of === undefined || of === at ? -1 : of;
  });
  const seen = new Int32Array(spans.length);
  for (let first = 0; first < spans.length; first++) {
    for (let at = first; at >= 0 && seen[at] === 0; at = parent[at]) {
      seen[at] = first + 1;
      if (parent[at] >= 0 && seen[parent[at]] === first + 1) parent[at] = -1;
    }
  }
  const children = spans.map(() => []);
  const roots = [];
  spans.forEach((_, at) => (parent[at] < 0 ? roots : children[parent[at]]).push(at));
  const critical = new Map();
  for (const part of trace.critical_path) {
    if (!critical.has(part.span)) critical.set(part.span, []);
    critical.get(part.span).push(part);
  }
  return { spans, parent, children, roots, critical };
}

/** Returns the rows that are to be seen, in order. `folded` has spans, `unfolded` groups, `only` the spans that are shown alone. */
export function rows(of, { folded, unfolded, only }) {
  const out = [];
  const stack = [];
  push(siblings(of, of.roots, only), 0);
  while (stack.length) {
    const { list, depth } = stack.at(-1);
    if (stack.at(-1).next >= list.length) { stack.pop(); continue; }
    const entry = list[stack.at(-1).next++];
    if (entry.members) {
      const open = unfolded.has(entry.key);
      out.push({ ...entry, depth, open });
      if (open) push(entry.members.map((span) => ({ span })), depth + 1);
      continue;
    }
    const below = of.children[entry.span].filter((at) => !only || only.has(at));
    const open = below.length > 0 && !folded.has(entry.span);
    out.push({ span: entry.span, depth, below: below.length, open });
    if (open) push(siblings(of, below, only), depth + 1);
  }
  return out;

  function push(list, depth) {
    stack.push({ list, depth, next: 0 });
  }
}

/** Returns the key of a group, which stays the same after its parent becomes known. */
function groupKey(of, members) {
  const { parent_id, name } = of.spans[members[0]];
  return `${parent_id ?? ""}/${name}`;
}

function siblings(of, list, only) {
  const shown = only ? list.filter((at) => only.has(at)) : list;
  const names = new Map();
  for (const at of shown) {
    const name = of.spans[at].name;
    if (!names.has(name)) names.set(name, []);
    names.get(name).push(at);
  }
  const out = [];
  const done = new Set();
  for (const at of shown) {
    const name = of.spans[at].name;
    const members = names.get(name);
    if (members.length <= FOLD) out.push({ span: at });
    else if (!done.has(name)) { done.add(name); out.push(group(of, groupKey(of, members), name, members)); }
  }
  return out;
}

function group(of, key, name, members) {
  const sum = { key, name, members, weight: 0, failed: 0, sent: Infinity, start: Infinity, end: 0, longest: 0, longestWait: 0 };
  for (const at of members) {
    const span = of.spans[at];
    sum.weight += span.weight;
    sum.failed += span.error === null ? 0 : 1;
    sum.sent = Math.min(sum.sent, span.sent);
    sum.start = Math.min(sum.start, span.start);
    sum.end = Math.max(sum.end, span.start + span.duration);
    sum.longest = Math.max(sum.longest, span.duration);
    sum.longestWait = Math.max(sum.longestWait, span.wait ?? 0);
  }
  return sum;
}

/** Opens what hides a span: its parents, and the groups that they and it are in. */
export function reveal(of, at, { folded, unfolded }) {
  for (let span = at; span >= 0; span = of.parent[span]) {
    const above = of.parent[span];
    if (span !== at) folded.delete(span);
    const list = above < 0 ? of.roots : of.children[above];
    const name = of.spans[span].name;
    const members = list.filter((one) => of.spans[one].name === name);
    if (members.length > FOLD) unfolded.add(groupKey(of, members));
  }
}

/** Returns the spans that a search finds: by name, actor, instance, error, or a field. */
export function matches(of, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  const found = [];
  of.spans.forEach((span, at) => {
    const texts = [span.name, span.instance, span.error, span.span_id, ...span.attributes.map(([name, value]) => `${name}=${value}`)];
    if (texts.some((one) => one !== null && one.toLowerCase().includes(wanted))) found.push(at);
  });
  return found;
}
