// SQL: the .duckdb of the release in the browser, read-only and shut off from the network.
import * as duckdb from "./duckdb-browser.mjs";

const MOST_ROWS = 1000;
// The last of them keeps a query from undoing the others.
const SETTINGS = [
  "autoinstall_known_extensions = false",
  "autoload_known_extensions = false",
  "enable_external_access = false",
  "lock_configuration = true",
];
const [question, run, status, answer] = ["question", "run", "status", "answer"].map((id) => document.getElementById(id));

async function opened() {
  const worker = new Worker(new URL("./duckdb-browser-eh.worker.js", import.meta.url));
  const database = new duckdb.AsyncDuckDB(new duckdb.VoidLogger(), worker);
  await database.instantiate(new URL("./duckdb-eh.wasm", import.meta.url).href);
  const file = await fetch(document.body.dataset.database);
  if (!file.ok) throw new Error(`${file.url}: status ${file.status}`);
  await database.registerFileBuffer("release.duckdb", new Uint8Array(await file.arrayBuffer()));
  await database.open({ path: "release.duckdb", accessMode: duckdb.DuckDBAccessMode.READ_ONLY });
  const connection = await database.connect();
  for (const setting of SETTINGS) await connection.query(`SET ${setting}`);
  return connection;
}

function cell(name, text, attributes = {}) {
  const node = document.createElement(name);
  node.textContent = text;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

function row(cells) {
  const node = document.createElement("tr");
  node.append(...cells);
  return node;
}

function show(table) {
  const names = table.schema.fields.map((field) => field.name);
  const head = document.createElement("thead"), body = document.createElement("tbody");
  head.append(row(names.map((name) => cell("th", name, { scope: "col" }))));
  for (let index = 0; index < table.numRows; index += 1) {
    body.append(row(names.map((_, column) => cell("td", table.getChildAt(column).get(index) ?? ""))));
  }
  answer.replaceChildren(head, body);
}

async function ask(connection) {
  const text = question.value.trim().replace(/;+$/, "");
  status.textContent = "Running …";
  const begun = performance.now();
  try {
    // As text, so that every type is written as DuckDB writes it.
    const table = await connection.query(`SELECT COLUMNS(*)::VARCHAR FROM (\n${text}\n) LIMIT ${MOST_ROWS}`);
    show(table);
    const more = table.numRows === MOST_ROWS ? " (the first of them)" : "";
    status.textContent = `${table.numRows.toLocaleString("en")} rows${more} in ${Math.round(performance.now() - begun)} ms`;
  } catch (error) {
    answer.replaceChildren();
    status.textContent = error.message;
  }
}

async function start() {
  status.textContent = "Loading the database …";
  try {
    const connection = await opened();
    run.disabled = false;
    run.addEventListener("click", () => ask(connection));
    question.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) ask(connection);
    });
    await ask(connection);
  } catch (error) {
    status.textContent = `The database could not be opened: ${error.message}`;
  }
}

start();
