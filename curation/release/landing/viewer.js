// Viewer: the cell of a structure as spheres on a canvas, turned by mouse, touch or arrow keys.
const view = { turn: 0.5, tilt: 0.35, atoms: [], corners: [], size: 1 };

function cartesian([a, b, c], cell) {
  return [0, 1, 2].map((axis) => a * cell[axis] + b * cell[3 + axis] + c * cell[6 + axis]);
}

function turned([x, y, z]) {
  const { turn, tilt } = view;
  const across = Math.cos(turn) * x + Math.sin(turn) * z, deep = -Math.sin(turn) * x + Math.cos(turn) * z;
  return [across, Math.cos(tilt) * y - Math.sin(tilt) * deep, Math.sin(tilt) * y + Math.cos(tilt) * deep];
}

function colourOf(symbol) {
  const number = DATA.symbols.indexOf(symbol) + 1;
  return `hsl(${(number * 47) % 360} 55% ${45 + (number % 3) * 8}%)`;
}

function paint(canvas) {
  const pen = canvas.getContext("2d"), wide = canvas.width, scaled = (wide * 0.42) / view.size;
  const spot = (point) => {
    const [x, y, z] = turned(point);
    return [wide / 2 + x * scaled, wide / 2 - y * scaled, z];
  };
  pen.clearRect(0, 0, wide, wide);
  pen.strokeStyle = "#8a97a3";
  pen.lineWidth = 2;
  for (const [from, to] of view.corners) {
    pen.beginPath();
    pen.moveTo(...spot(from).slice(0, 2));
    pen.lineTo(...spot(to).slice(0, 2));
    pen.stroke();
  }
  for (const [x, y, , symbol] of view.atoms.map((atom) => [...spot(atom.at), atom.symbol]).sort((a, b) => a[2] - b[2])) {
    pen.beginPath();
    pen.arc(x, y, scaled * 0.45, 0, 2 * Math.PI);
    pen.fillStyle = colourOf(symbol);
    pen.fill();
    pen.strokeStyle = "rgba(0,0,0,0.5)";
    pen.stroke();
    pen.fillStyle = "#fff";
    pen.font = `${Math.max(14, scaled * 0.4)}px sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(symbol, x, y);
  }
}

function load(structure) {
  const cell = structure.lattice, centre = cartesian([0.5, 0.5, 0.5], cell);
  const moved = (point) => cartesian(point, cell).map((value, axis) => value - centre[axis]);
  view.atoms = structure.symbols.map((symbol, index) => ({ symbol, at: moved(structure.positions.slice(index * 3, index * 3 + 3)) }));
  view.corners = [];
  for (let corner = 0; corner < 8; corner += 1) {
    for (let axis = 0; axis < 3; axis += 1) {
      const bits = [corner & 1, (corner >> 1) & 1, (corner >> 2) & 1];
      if (!bits[axis]) view.corners.push([moved(bits), moved(bits.map((bit, index) => (index === axis ? 1 : bit)))]);
    }
  }
  const far = [...view.corners.flat(), ...view.atoms.map((atom) => atom.at)].map((point) => Math.hypot(...point));
  view.size = Math.max(1, ...far);
}

function listen(canvas) {
  const keys = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
  canvas.addEventListener("keydown", (event) => {
    if (!keys[event.key]) return;
    event.preventDefault();
    view.turn += keys[event.key][0];
    view.tilt += keys[event.key][1];
    paint(canvas);
  });
  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    view.turn += event.movementX * 0.01;
    view.tilt += event.movementY * 0.01;
    paint(canvas);
  });
}

function showStructure(id, formula) {
  const canvas = make("canvas", { width: 640, height: 640, tabindex: "0", role: "img", "aria-label": `Structure of ${formula}; arrow keys turn it` });
  load(DATA.structures[id]);
  document.getElementById("viewer").replaceChildren(make("h3", {}, `${formula}, ${id}`), canvas);
  listen(canvas);
  paint(canvas);
}

const firstWithStructure = DATA.materials.find((row) => DATA.structures[row[0]]);
if (firstWithStructure) showStructure(firstWithStructure[0], firstWithStructure[1]);
