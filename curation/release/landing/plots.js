// Plots: ledger, elements, histograms, symmetry, chemical space, agreement, provenance.
function drawLedger() {
  const ways = [["kept", "var(--kept)"], ["merged", "var(--merged)"], ["quarantined", "var(--quarantined)"]];
  const total = Math.max(1, DATA.ledger.reduce((sum, line) => sum + line.harvested, 0));
  const gap = 14, tall = 260, height = tall + gap * (DATA.ledger.length + 2) + 20;
  const svg = picture(760, height, "Flow of the harvested records of each source to kept, merged and quarantined");
  const ends = {};
  let top = 10;
  for (const [way, colour] of ways) {
    const count = DATA.ledger.reduce((sum, line) => sum + line[way], 0);
    const size = Math.max(1, (count / total) * tall);
    ends[way] = top;
    svg.append(shape("rect", { x: 560, y: top, width: 14, height: size, fill: colour }));
    svg.append(shape("text", { x: 582, y: top + Math.min(size / 2, 20) + 5 }, `${way} ${written(count)}`));
    top += Math.max(size, 18) + gap;
  }
  top = 10;
  for (const line of DATA.ledger) {
    const size = Math.max(1, (line.harvested / total) * tall);
    svg.append(shape("rect", { x: 190, y: top, width: 14, height: size, fill: "var(--soft)" }));
    svg.append(shape("text", { x: 182, y: top + Math.min(size / 2, 20) + 5, "text-anchor": "end" }, `${line.source} ${written(line.harvested)}`));
    let from = top;
    for (const [way, colour] of ways) {
      const part = (line[way] / total) * tall;
      if (!part) continue;
      const to = ends[way];
      const path = `M204 ${from} C380 ${from} 380 ${to} 560 ${to} V${to + part} C380 ${to + part} 380 ${from + part} 204 ${from + part} Z`;
      svg.append(titled(shape("path", { d: path, fill: colour, opacity: 0.35 }), `${line.source}: ${written(line[way])} ${way}`));
      from += part;
      ends[way] += part;
    }
    top += Math.max(size, 18) + gap;
  }
  place("ledger").append(make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Ledger" }, svg));
  const rows = DATA.ledger.map((line) => [line.source, line.harvested, line.kept, line.merged, line.quarantined, line.values.harvested, line.values.kept]);
  place("ledger").append(tableOf(["source", "records =", "kept +", "merged +", "quarantined", "values", "values kept"], rows, "Ledger as a table"));
}

// The place of an element in the periodic table: period and group; the lanthanides and actinides stand below.
function cellOf(number) {
  const first = [1, 3, 11, 19, 37, 55, 87, 119];
  const period = first.findIndex((start) => number < start);
  const inPeriod = number - first[period - 1];
  const size = first[period] - first[period - 1];
  if (size === 32 && inPeriod >= 2 && inPeriod <= 16) return [period + 2.4, inPeriod + 1];
  const fromEnd = first[period] - 1 - number;
  return [period, inPeriod < 2 && size > 2 ? inPeriod + 1 : number === 1 ? 1 : 18 - fromEnd];
}

function drawCoverage() {
  const size = 40, svg = picture(18 * size + 4, 9.6 * size + 4, "Periodic table coloured by the number of materials");
  const most = Math.max(1, ...Object.values(DATA.elements));
  DATA.symbols.forEach((symbol, index) => {
    const [row, column] = cellOf(index + 1);
    const count = DATA.elements[symbol] || 0;
    const x = (column - 1) * size + 2, y = (row - 1) * size + 2;
    const strength = count ? 0.15 + 0.85 * (Math.log1p(count) / Math.log1p(most)) : 0;
    const group = shape("g");
    group.append(shape("rect", { x, y, width: size - 3, height: size - 3, rx: 3, fill: "var(--panel)", stroke: "var(--line)" }));
    group.append(shape("rect", { x, y, width: size - 3, height: size - 3, rx: 3, fill: "var(--kept)", opacity: strength }));
    group.append(shape("text", { x: x + 5, y: y + 16, fill: strength > 0.6 ? "#fff" : "var(--ink)", "font-weight": 600 }, symbol));
    if (count) group.append(shape("text", { x: x + 5, y: y + 31, "font-size": 10, fill: strength > 0.6 ? "#fff" : "var(--ink)" }, written(count)));
    svg.append(titled(group, `${symbol}: ${written(count)} materials`));
  });
  place("coverage").append(make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Periodic table" }, svg));
}

function drawHistograms() {
  const sources = DATA.ledger.map((line) => line.source);
  const plots = DATA.histograms.map((one) => {
    const bins = Object.values(one.sources)[0].length;
    const most = Math.max(1, ...Array.from({ length: bins }, (_, bin) => Object.values(one.sources).reduce((sum, counts) => sum + counts[bin], 0)));
    const svg = picture(320, 150, `Histogram of ${one.property}`);
    for (let bin = 0; bin < bins; bin += 1) {
      let base = 125;
      sources.forEach((source, index) => {
        const count = (one.sources[source] || [])[bin] || 0;
        if (!count) return;
        const tall = (count / most) * 110;
        base -= tall;
        svg.append(titled(shape("rect", { x: 10 + bin * (300 / bins), y: base, width: 300 / bins - 1, height: tall, fill: COLOURS[index % COLOURS.length] }), `${source}: ${written(count)}`));
      });
    }
    svg.append(shape("line", { x1: 10, x2: 310, y1: 125.5, y2: 125.5, class: "axis" }));
    svg.append(shape("text", { x: 10, y: 142, class: "soft" }, written(one.low)));
    svg.append(shape("text", { x: 310, y: 142, "text-anchor": "end", class: "soft" }, `${written(one.high)} ${one.unit === "1" ? "" : one.unit}`));
    const total = Object.values(one.sources).flat().reduce((sum, count) => sum + count, 0);
    return make("figure", {}, make("figcaption", {}, `${one.property.replaceAll("_", " ")}, ${written(total)} values`), svg);
  });
  place("histograms").append(key(sources), make("div", { class: "plots" }, ...plots));
}

function bars(pairs, title) {
  const most = Math.max(1, ...pairs.map(([, count]) => count));
  const svg = picture(420, pairs.length * 24 + 6, title);
  pairs.forEach(([name, count], index) => {
    svg.append(shape("text", { x: 100, y: index * 24 + 17, "text-anchor": "end" }, name));
    svg.append(shape("rect", { x: 108, y: index * 24 + 4, width: Math.max(1, (count / most) * 230), height: 17, fill: "var(--kept)" }));
    svg.append(shape("text", { x: 114 + (count / most) * 230, y: index * 24 + 17, class: "soft" }, written(count)));
  });
  return make("figure", {}, make("figcaption", {}, title), svg);
}

function drawSymmetry() {
  place("symmetry").append(make("div", { class: "plots" }, bars(DATA.systems, "Crystal systems"), bars(DATA.groups, "Space groups, by number")));
}

function scale(values, low, high) {
  const least = Math.min(...values), most = Math.max(...values);
  const width = most - least || 1;
  return [(value) => low + ((value - least) / width) * (high - low), least, most];
}

function axes(svg, across, up, x, y) {
  svg.append(shape("line", { x1: 50, x2: 590, y1: 350.5, y2: 350.5, class: "axis" }), shape("line", { x1: 50.5, x2: 50.5, y1: 15, y2: 350, class: "axis" }));
  svg.append(shape("text", { x: 50, y: 368, class: "soft" }, written(x[1])), shape("text", { x: 590, y: 368, "text-anchor": "end", class: "soft" }, written(x[2])));
  svg.append(shape("text", { x: 46, y: 350, "text-anchor": "end", class: "soft" }, written(y[1])), shape("text", { x: 46, y: 24, "text-anchor": "end", class: "soft" }, written(y[2])));
  svg.append(shape("text", { x: 320, y: 386, "text-anchor": "middle" }, across), shape("text", { x: 56, y: 12 }, up));
}

function drawSpace() {
  if (!DATA.space.length) return;
  const svg = picture(600, 395, "Mean mass over mean electronegativity of the materials");
  const x = scale(DATA.space.map((point) => point[2]), 55, 585), y = scale(DATA.space.map((point) => point[3]), 345, 20);
  const sources = DATA.ledger.map((line) => line.source);
  axes(svg, "mean electronegativity (Pauling)", "mean atomic mass (u)", x, y);
  for (const [formula, source, pull, mass] of DATA.space) {
    const colour = COLOURS[Math.max(0, sources.indexOf(source.split(", ")[0])) % COLOURS.length];
    svg.append(titled(shape("circle", { cx: x[0](pull).toFixed(1), cy: y[0](mass).toFixed(1), r: 2.2, fill: colour, opacity: 0.6 }), `${formula} (${source})`));
  }
  place("space").append(key(sources), svg);
}

function range(low, high) {
  return low === high ? written(low) : `${written(low)} to ${written(high)}`;
}

function drawAgreement() {
  const pairs = new Map();
  for (const row of DATA.agreement) {
    const name = `${row.property}: ${row.one} and ${row.other}`;
    pairs.set(name, [...(pairs.get(name) || []), row]);
  }
  const room = place("agreement");
  if (!pairs.size) {
    room.append(make("p", {}, "No property of any formula stands in two sources."));
    return;
  }
  const names = [...pairs.keys()].sort((a, b) => pairs.get(b).length - pairs.get(a).length);
  const choice = make("select", { "aria-label": "Property and sources" }, ...names.map((name) => make("option", {}, name)));
  const plot = make("div");
  const show = () => {
    const rows = pairs.get(choice.value), both = rows.flatMap((row) => [row.x, row.y]);
    const svg = picture(600, 395, `${choice.value}; on the line the two agree`);
    const x = scale(both, 55, 585), y = scale(both, 345, 20);
    const unit = rows[0].unit === "1" ? "" : ` (${rows[0].unit})`;
    axes(svg, rows[0].one + unit, rows[0].other + unit, x, y);
    svg.append(shape("line", { x1: 55, y1: 345, x2: 585, y2: 20, class: "axis", "stroke-dasharray": "4 4" }));
    for (const row of rows) {
      svg.append(titled(shape("circle", { cx: x[0](row.x).toFixed(1), cy: y[0](row.y).toFixed(1), r: 3.5, fill: "var(--kept)", opacity: 0.7 }), `${row.formula}: ${written(row.x)} and ${written(row.y)}`));
    }
    plot.replaceChildren(svg);
  };
  choice.addEventListener("change", show);
  room.append(choice, plot);
  show();
  const rows = DATA.conflicts.map((row) => [row.formula, row.property, row.one, range(row.low_a, row.high_a), row.other, range(row.low_b, row.high_b), `${Math.round(row.relative_gap * 100)} %`]);
  if (rows.length) room.append(make("h3", {}, "The largest disagreements"), tableOf(["formula", "property", "one source", "says", "the other", "says", "apart by"], rows, "The largest disagreements"));
}

// A label in at most three lines of 24 letters; what does not fit ends in an ellipsis, the whole is shown on hovering.
function wrapped(label) {
  const lines = [""];
  for (const word of label.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length <= 24 || !lines.at(-1)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  const cut = lines.slice(0, 3).map((line) => (line.length > 24 ? `${line.slice(0, 23)}…` : line));
  if (lines.length > 3) cut[2] = `${cut[2].slice(0, 23)}…`;
  return cut;
}

function drawProvenance() {
  const columns = [/^raw-/, /^harvest-/, /^records-/, /^curation$/, /^release$/];
  const tall = 60, spots = new Map(), counts = columns.map(() => 0);
  for (const [kind, name, label] of DATA.provenance.things) {
    const column = columns.findIndex((pattern) => pattern.test(name));
    if (column < 0) continue;
    spots.set(name, [column, counts[column], kind, label]);
    counts[column] += 1;
  }
  const most = Math.max(...counts), wide = 190;
  const svg = picture(columns.length * wide, most * tall + 10, "Graph from the sources over harvest and curation to the release");
  const middle = (column, row) => 10 + (row + (most - counts[column]) / 2) * tall + 24;
  for (const [verb, one, other] of DATA.provenance.relations) {
    if (!spots.has(one) || !spots.has(other) || verb === "wasDerivedFrom") continue;
    const [c, r] = spots.get(other), [d, s] = spots.get(one);
    svg.append(titled(shape("line", { x1: c * wide + 160, y1: middle(c, r), x2: d * wide + 2, y2: middle(d, s), class: "axis" }), `${one} ${verb} ${other}`));
  }
  for (const [, [column, row, kind, label]] of spots) {
    const lines = wrapped(label), y = middle(column, row) - 24;
    svg.append(titled(shape("rect", { x: column * wide + 2, y, width: 158, height: 48, rx: kind === "activity" ? 2 : 14, fill: "var(--panel)", stroke: kind === "activity" ? "var(--merged)" : "var(--kept)" }), label));
    lines.forEach((line, number) => {
      const down = y + 28 + 14 * (number - (lines.length - 1) / 2);
      svg.append(shape("text", { x: column * wide + 12, y: down, "font-size": 11 }, line));
    });
  }
  place("provenance").append(make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Provenance" }, svg));
}

drawLedger();
drawCoverage();
drawHistograms();
drawSymmetry();
drawSpace();
drawAgreement();
drawProvenance();
