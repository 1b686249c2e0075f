// Search: the table of materials, filtered by words, sorted by a column, a page at a time.
const COLUMNS = ["id", "formula", "system", "crystal system", "space group", "sources", "values", "properties"];
const PAGE = 25;
const search = { words: [], sorted: -1, down: false, page: 0, rows: DATA.materials };

function found() {
  const rows = DATA.materials.filter((row) => search.words.every((word) => row.join(" ").toLowerCase().includes(word)));
  if (search.sorted < 0) return rows;
  const side = search.down ? -1 : 1, column = search.sorted;
  return [...rows].sort((a, b) => side * (typeof a[column] === "number" && typeof b[column] === "number" ? a[column] - b[column] : written(a[column]).localeCompare(written(b[column]), "en")));
}

function rowOf(row) {
  const cells = row.map((cell, index) => make("td", typeof cell === "number" ? { class: "number" } : {}, index === 7 ? cell.replaceAll(" ", ", ").replaceAll("_", " ") : written(cell)));
  const node = make("tr", { "aria-selected": "false" }, ...cells);
  if (DATA.structures[row[0]]) {
    const button = make("button", { class: "row", type: "button", title: "Show the structure" }, row[1]);
    button.addEventListener("click", () => {
      for (const other of node.parentNode.children) other.setAttribute("aria-selected", String(other === node));
      showStructure(row[0], row[1]);
    });
    cells[1].replaceChildren(button);
  }
  return node;
}

function showRows(body, status) {
  const rows = found();
  const last = Math.max(0, Math.ceil(rows.length / PAGE) - 1);
  search.page = Math.min(Math.max(search.page, 0), last);
  body.replaceChildren(...rows.slice(search.page * PAGE, (search.page + 1) * PAGE).map(rowOf));
  status.textContent = `${written(rows.length)} materials, page ${search.page + 1} of ${last + 1}`;
}

function drawSearch() {
  const box = make("input", { type: "search", placeholder: "for example: zn s cubic", "aria-label": "Search materials" });
  const body = make("tbody"), status = make("span", { role: "status" });
  const show = () => showRows(body, status);
  box.addEventListener("input", () => {
    search.words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    search.page = 0;
    show();
  });
  const heads = COLUMNS.map((name, index) => {
    const button = make("button", { type: "button" }, name);
    const head = make("th", { scope: "col", "aria-sort": "none" }, button);
    button.addEventListener("click", () => {
      search.down = search.sorted === index && !search.down;
      search.sorted = index;
      for (const other of head.parentNode.children) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", search.down ? "descending" : "ascending");
      show();
    });
    return head;
  });
  const step = (name, by) => {
    const button = make("button", { type: "button" }, name);
    button.addEventListener("click", () => {
      search.page += by;
      show();
    });
    return button;
  };
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...heads)), body);
  place("search").append(
    box,
    make("div", { class: "pages" }, step("Back", -1), step("Next", 1), status),
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Materials" }, table),
    make("div", { id: "viewer" }),
  );
  show();
}

drawSearch();
