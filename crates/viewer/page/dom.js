// Elements. Every text is a text node, so nothing that comes from a message is ever markup.

const SVG = "http://www.w3.org/2000/svg";

/** Makes an element. `on…` properties are listeners, `style` is an object, `null` values are left out. */
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** Makes an element of SVG. */
export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element[name] = value;
    else if (name === "style") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child instanceof Node) element.append(child);
    else if (child !== null && child !== undefined && child !== false) element.append(document.createTextNode(String(child)));
  }
}

/** Replaces what is in an element. */
export function show(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/**
 * Makes the content of an element equal to these children, and keeps the nodes that are the same. So a view that is drawn each second loses no
 * click, no focus and no selected text. Nodes with a `data-key` are identified by it. The children must not be used later.
 *
 * Use `show` for content that is new as a whole.
 */
export function update(element, ...children) {
  const next = document.createDocumentFragment();
  append(next, children);
  match(element, next);
}

const LISTENERS = ["onclick", "onchange", "oninput", "onkeydown", "onsubmit"];
const key = (node) => node.dataset?.key;

function match(element, next) {
  const wanted = [...next.childNodes];
  const keys = new Set(wanted.map(key));
  const known = new Map();
  for (const child of element.children) if (key(child) !== undefined) known.set(key(child), child);
  let at = element.firstChild;
  for (const node of wanted) {
    while (at && key(at) !== undefined && !keys.has(key(at))) at = drop(at);
    const found = key(node) === undefined ? at : known.get(key(node));
    if (!found || key(found) !== key(node) || found.nodeName !== node.nodeName) { element.insertBefore(node, at); continue; }
    known.delete(key(node));
    if (found === at) at = at.nextSibling; else element.insertBefore(found, at);
    become(found, node);
  }
  while (at) at = drop(at);
}

function drop(node) {
  const after = node.nextSibling;
  node.remove();
  return after;
}

function become(node, wanted) {
  if (node.nodeType !== Node.ELEMENT_NODE) { if (node.data !== wanted.data) node.data = wanted.data; return; }
  for (const { name } of [...node.attributes]) if (!wanted.hasAttribute(name)) node.removeAttribute(name);
  for (const { name, value } of wanted.attributes) {
    if (node.getAttribute(name) === value) continue;
    // The policy of the page allows no style as a text.
    if (name === "style") node.style.cssText = wanted.style.cssText; else node.setAttribute(name, value);
  }
  for (const name of LISTENERS) node[name] = wanted[name];
  match(node, wanted);
}

/**
 * Makes a table. A column is `{ title, group, numeric, cell, sort, className }`; a cell is a child, or several. Columns of one group, side by
 * side, have its name above them.
 */
export function table(caption, columns, rows, options = {}) {
  const head = columns.map((column) => {
    const name = columnName(column);
    const sorted = options.sort && options.sort.by === name;
    const title = column.sort && options.onSort
      ? h("button", { type: "button", "aria-label": column.group ? name : null, onclick: () => options.onSort(name) }, column.title, sorted ? (options.sort.down ? " ↓" : " ↑") : "")
      : column.title;
    return h("th", { scope: "col", class: [column.numeric ? "n" : "", column.starts ? "starts" : ""].join(" ").trim() || null, "aria-sort": sorted ? (options.sort.down ? "descending" : "ascending") : null }, title);
  });
  const groups = [];
  for (const column of columns) {
    if (groups.length && groups.at(-1).group === column.group) groups.at(-1).columns++;
    else groups.push({ group: column.group, columns: 1 });
  }
  const above = groups.length > 1 ? h("tr", { class: "groups" }, groups.map((of) => of.group ? h("th", { scope: "colgroup", colspan: of.columns }, of.group) : h("td", { colspan: of.columns }))) : null;
  const body = rows.map((row, at) => h("tr", {
    class: options.rowClass?.(row) ?? null,
    "data-key": options.rowKey?.(row) ?? null,
    "aria-selected": options.selected === at ? "true" : null,
    onclick: options.onRow ? (event) => { if (!event.target.closest("a, button")) options.onRow(row, at); } : null,
  }, columns.map((column) => h("td", { class: [column.numeric ? "n" : "", column.starts ? "starts" : "", column.className ?? ""].join(" ").trim() || null }, column.cell(row)))));
  return h("table", { "aria-label": caption, class: options.narrow ? "narrow" : null }, h("thead", {}, above, h("tr", {}, head)), h("tbody", {}, body));
}

/** Returns the name of a column, by which a table is sorted. */
export function columnName({ group, title }) {
  return group ? `${group} ${title}` : title;
}

/** Returns by how many rows a key moves the selection: 1, -1, or 0 if it does not. */
export function rowStep(key) {
  return { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[key] ?? 0;
}

/** Draws numbers as a line. */
export function sparkline(numbers, title) {
  const width = 120, height = 18, most = Math.max(...numbers, 1e-9);
  if (numbers.length < 2) return h("span", { class: "quiet" }, "");
  const points = numbers.map((n, i) => `${((i + 60 - numbers.length) * width / 59).toFixed(1)} ${(height - 1.5 - (height - 3) * n / most).toFixed(1)}`);
  const line = `M${points.join("L")}`;
  const first = points[0].split(" ")[0];
  return svg("svg", { class: "spark", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title },
    svg("path", { class: "area", d: `${line}L${width} ${height}L${first} ${height}Z` }), svg("path", { d: line }));
}

/** Returns the hue of a name: the same each time. */
function hue(name) {
  let hash = 2166136261;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619);
  // Away from red, which means failed.
  return 30 + ((hash >>> 0) % 290);
}

/** Returns the hues of names that are shown together: their own hues, changed where two would be too similar. */
export function hues(names) {
  const found = new Map(), apart = Math.min(28, 290 / (names.length + 1));
  for (const name of names) {
    let own = hue(name);
    const isTaken = () => [...found.values()].some((other) => Math.abs(other - own) < apart);
    for (let tries = 0; tries < 40 && isTaken(); tries++) own = 30 + (own - 30 + 47) % 290;
    found.set(name, own);
  }
  return found;
}

export async function getJson(url, signal) {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return response.json();
}

/** Returns a query string of what is set. */
export function query(values) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== "" && value !== null && value !== undefined && value !== false) parameters.set(name, value === true ? "1" : value);
  return parameters.toString();
}
