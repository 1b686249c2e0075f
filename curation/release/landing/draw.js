"use strict";
// Draw: elements of HTML and SVG. Text is set as text, never as markup, whoever wrote it.
const DATA = JSON.parse(document.getElementById("data").textContent);
const COLOURS = ["#2c7fb8", "#d98c2b", "#7fa65a", "#9467a9", "#c8553d", "#4aa3a3", "#8a6d4b", "#6b7a89"];
const SVG = "http://www.w3.org/2000/svg";

function place(id) {
  return document.querySelector(`#${id} .drawn`);
}

function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return node;
}

function shape(name, attributes = {}, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function picture(width, height, label) {
  return shape("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label });
}

function titled(node, text) {
  node.append(shape("title", {}, text));
  return node;
}

function written(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return String(value);
  return Number.isInteger(value) ? value.toLocaleString("en") : String(Number(value.toPrecision(4)));
}

function key(names) {
  const items = names.map((name, index) => {
    const mark = make("i");
    mark.style.background = COLOURS[index % COLOURS.length];
    return make("li", {}, mark, name);
  });
  return make("ul", { class: "key" }, ...items);
}

function tableOf(columns, rows, label) {
  const head = make("tr", {}, ...columns.map((name, index) => make("th", { scope: "col", ...(rows.some((row) => typeof row[index] === "number") ? { class: "number" } : {}) }, name)));
  const body = rows.map((row) =>
    make("tr", {}, ...row.map((cell) => make("td", typeof cell === "number" ? { class: "number" } : {}, written(cell)))),
  );
  const table = make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, table);
}
