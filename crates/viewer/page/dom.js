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
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
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

/** Makes a table. A column is `{ title, numeric, cell, sort, className }`; a cell is a child, or several. */
export function table(caption, columns, rows, options = {}) {
  const head = columns.map((column) => {
    const sorted = options.sort && options.sort.by === column.title;
    const title = column.sort && options.onSort
      ? h("button", { type: "button", onclick: () => options.onSort(column.title) }, column.title, sorted ? (options.sort.down ? " ↓" : " ↑") : "")
      : column.title;
    return h("th", { scope: "col", class: column.numeric ? "n" : null, "aria-sort": sorted ? (options.sort.down ? "descending" : "ascending") : null }, title);
  });
  const body = rows.map((row, at) => h("tr", {
    class: options.rowClass?.(row) ?? null,
    "aria-selected": options.selected === at ? "true" : null,
    onclick: options.onRow ? (event) => { if (!event.target.closest("a, button")) options.onRow(row, at); } : null,
  }, columns.map((column) => h("td", { class: [column.numeric ? "n" : "", column.className ?? ""].join(" ").trim() || null }, column.cell(row)))));
  return h("table", { "aria-label": caption }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body));
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
export function hue(name) {
  let hash = 2166136261;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619);
  // Away from red, which means failed.
  return 30 + ((hash >>> 0) % 290);
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
