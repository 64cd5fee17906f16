'use strict';
// The page of a heap snapshot. All figures come aggregated in the JSON of #data; nothing is loaded.

const data = JSON.parse(document.getElementById('data').textContent);
const { classes, objects, tree } = data;
const EVERYTHING = -1, SMALLER = -2, GARBAGE = -3;

// ---- small helpers -------------------------------------------------------------------------------

const $ = id => document.getElementById(id);

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value == null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name.startsWith('--')) node.style.setProperty(name, value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter(child => child != null && child !== ''));
  return node;
}

const html = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) =>
  fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);

const count = number => number.toLocaleString('en');
const plural = (number, noun, more = `${noun}s`) => `${count(number)} ${number === 1 ? noun : more}`;

function bytes(number) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let rest = Math.abs(number);
  while (rest >= 1024 && unit < units.length - 1) { rest /= 1024; unit += 1; }
  const digits = unit === 0 || rest >= 100 ? 0 : 1;
  return `${number < 0 ? '−' : ''}${rest.toFixed(digits)} ${units[unit]}`;
}

const signed = (number, show) => (number > 0 ? `+${show(number)}` : number < 0 ? `−${show(-number)}` : '0');
const percent = (part, whole) => `${(whole > 0 ? (100 * part) / whole : 0).toFixed(1)} %`;
const micros = number => (number >= 1000 ? `${(number / 1000).toFixed(1)} ms` : `${number.toFixed(number < 10 ? 1 : 0)} µs`);
const ruler = document.createElement('canvas').getContext('2d');

/** As much of a text as fits into so many pixels, or nothing if that says nothing. */
function fitted(text, width, font) {
  ruler.font = `${font} ${getComputedStyle(document.body).fontFamily}`;
  if (ruler.measureText(text).width <= width) return text;
  let most = text.length - 1;
  while (most > 1 && ruler.measureText(`${text.slice(0, most)}…`).width > width) most -= 1;
  return most > 2 ? `${text.slice(0, most)}…` : '';
}

// The classes that retain the most have colours of their own.
const rank = new Map([...classes.name.keys()]
  .sort((a, b) => classes.retained[b] - classes.retained[a]).slice(0, 8).map((index, place) => [index, place]));
const colour = index => (rank.has(index) ? `var(--c${rank.get(index)})` : 'var(--rest)');
const dot = index => html('i', { class: 'dot', '--swatch': colour(index) });
const className = index => ({ [EVERYTHING]: 'everything', [SMALLER]: 'smaller ones', [GARBAGE]: 'garbage' })[index]
  ?? classes.name[index];
const objectName = index => `${className(objects.class[index])} ${objects.id[index]}`;

/** Calls `draw(width)` now and whenever the width of `node` changes. */
function drawnToFit(node, draw) {
  let width = 0;
  const redraw = () => { width = node.clientWidth; if (width > 0) draw(width); };
  new ResizeObserver(() => { if (node.clientWidth !== width) redraw(); }).observe(node);
  return redraw;
}

// ---- head and figures ----------------------------------------------------------------------------

function showHead() {
  $('title').textContent = data.title;
  $('subtitle').textContent = data.subtitle;
  const { totals } = data;
  const figure = (number, text, kind = '') =>
    html('div', { class: `figure ${kind}` }, html('b', {}, number), html('span', {}, text));
  $('figures').append(
    figure(count(totals.objects), 'objects'),
    figure(bytes(totals.bytes), 'in their values'),
    figure(count(totals.edges), 'edges'),
    figure(count(totals.weak), 'weak edges'),
    figure(count(totals.roots), 'rooted objects'),
    figure(count(totals.garbage), `objects of garbage, ${bytes(totals.garbage_bytes)}`, totals.garbage > 0 ? 'warn' : ''));
  $('notes').append(...data.notes.map(note => html('p', {}, note)));
}

function showTheme() {
  const apply = theme => { document.documentElement.dataset.theme = theme; };
  apply(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  const toggle = () => apply(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
  $('theme').addEventListener('click', toggle);
  document.addEventListener('keydown', event => {
    if (event.key === 't' && !/INPUT/.test(event.target.tagName) && !event.ctrlKey && !event.metaKey) toggle();
  });
}

// ---- timeline ------------------------------------------------------------------------------------

const GENERATION_COLOURS = ['--c0', '--c1', '--c3', '--rest'];
const CAUSE_COLOURS = ['--c1', '--c2', '--c4', '--c3', '--c7'];

function showTimeline() {
  const { timeline } = data;
  if (!timeline || timeline.frame.length === 0) return;
  $('timeline').hidden = false;
  const length = timeline.frame.length;
  const sum = (series, at) => series.reduce((total, one) => total + one.values[at], 0);
  const live = timeline.live.map((one, at) => ({ ...one, colour: GENERATION_COLOURS[at] }));
  const deaths = timeline.deaths.map((one, at) => ({ ...one, colour: CAUSE_COLOURS[at] }));
  const pauses = [{ name: '', values: timeline.longest, colour: '--warm' }];
  const per = timeline.per_sample > 1 ? ` (each point: ${timeline.per_sample} ${timeline.unit}s)` : '';
  const charts = [
    { title: 'Objects alive, by generation', series: live, show: count, height: 150 },
    { title: `Deaths, by cause${per}`, series: deaths, show: count, height: 90 },
    { title: `Longest pauses: ${micros(Math.max(...timeline.longest))} at most, ${micros(timeline.mean)} on average`,
      series: pauses, show: micros, height: 70 },
  ].filter(chart => chart.series.some(one => one.values.some(value => value > 0)));
  let cursor = length - 1;

  for (const chart of charts) {
    chart.most = Math.max(1e-9, ...Array.from({ length }, (_, at) => sum(chart.series, at)));
    chart.keys = chart.series.map(one => html('span', { class: 'key', '--swatch': `var(${one.colour})` }));
    chart.canvas = html('div', {
      class: 'canvas', tabindex: 0, role: 'img', 'aria-label': `${chart.title}; left and right move the cursor`,
      onpointermove: event => {
        const { left, width } = chart.canvas.getBoundingClientRect();
        moveTo(Math.round(((event.clientX - left) / width) * (length - 1)));
      },
      onkeydown: event => {
        const by = { ArrowLeft: -1, ArrowRight: 1, Home: -length, End: length, PageUp: -20, PageDown: 20 }[event.key];
        if (by) { moveTo(cursor + by); event.preventDefault(); }
      },
    });
    $('charts').append(html('div', { class: 'chart' }, html('h3', {}, chart.title, ...chart.keys), chart.canvas));
    chart.redraw = drawnToFit(chart.canvas, width => drawChart(chart, width));
    chart.redraw();
  }

  function drawChart(chart, width) {
    const { height, most } = chart;
    const x = at => (length > 1 ? (at / (length - 1)) * width : width / 2);
    const y = value => height - (value / most) * (height - 14);
    const drawing = svg('svg', { height: height + 16, viewBox: `0 0 ${width} ${height + 16}` });
    for (const part of [0.5, 1]) {
      drawing.append(svg('line', { class: 'grid', x1: 0, x2: width, y1: y(most * part), y2: y(most * part) }));
    }
    const base = new Array(length).fill(0);
    for (const one of chart.series) {
      const below = base.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).reverse();
      one.values.forEach((value, at) => { base[at] += value; });
      const above = base.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
      drawing.append(svg('polygon', {
        points: [...above, ...below].join(' '), style: `fill: var(${one.colour}); opacity: .85`,
      }));
    }
    drawing.append(
      svg('text', { x: 4, y: y(most) + 12 }, chart.show(most)),
      svg('text', { x: 0, y: height + 13 }, `${timeline.unit} ${timeline.frame[0]}`),
      svg('text', { x: width, y: height + 13, 'text-anchor': 'end' }, `${timeline.unit} ${timeline.frame[length - 1]}`));
    chart.line = svg('line', { class: 'cursor', y1: 0, y2: height });
    chart.x = x;
    drawing.append(chart.line);
    chart.canvas.replaceChildren(drawing);
    mark(chart);
  }

  function mark(chart) {
    chart.line.setAttribute('x1', chart.x(cursor));
    chart.line.setAttribute('x2', chart.x(cursor));
    chart.series.forEach((one, at) =>
      chart.keys[at].replaceChildren(`${one.name} `, html('b', {}, chart.show(one.values[cursor]))));
  }

  function moveTo(at) {
    cursor = Math.max(0, Math.min(length - 1, at));
    $('moment').textContent = `${timeline.unit} ${count(timeline.frame[cursor])}`;
    charts.forEach(mark);
  }
  moveTo(cursor);
}

// ---- the tree of what holds what -----------------------------------------------------------------

const ROW = 46, ROWS = 7;
const children = tree.class.map(() => []);
tree.parent.forEach((parent, index) => { if (index > 0) children[parent].push(index); });
let focus = 0;

function boxTitle(index) {
  const many = tree.count[index];
  return many === 1 || tree.class[index] < 0 ? className(tree.class[index]) : `${className(tree.class[index])} × ${count(many)}`;
}

const redrawTree = drawnToFit($('icicle'), drawTree);

function drawTree(width) {
  const whole = tree.retained[focus];
  const cells = [];
  const rows = [[focus, 0, width, 0]];
  for (let next = 0; next < rows.length; next += 1) {
    const [index, x, wide, depth] = rows[next];
    cells.push([index, x, wide, depth]);
    if (depth + 1 === ROWS) continue;
    let left = x;
    for (const child of children[index]) {
      const its = tree.retained[index] > 0 ? (wide * tree.retained[child]) / tree.retained[index] : 0;
      if (its >= 1.5) rows.push([child, left, its, depth + 1]);
      left += its;
    }
  }
  const deepest = Math.max(...cells.map(cell => cell[3])) + 1;
  const drawing = svg('svg', { height: deepest * ROW, viewBox: `0 0 ${width} ${deepest * ROW}`, role: 'tree', 'aria-label': 'Tree of what holds what' });
  for (const [index, x, wide, depth] of cells) {
    const title = fitted(boxTitle(index), wide - 16, '600 12px');
    const figures = fitted(`${bytes(tree.retained[index])} · ${percent(tree.retained[index], whole)}`, wide - 16, '12px');
    const cell = svg('g', {
      class: 'cell', tabindex: index === focus ? 0 : -1, role: 'treeitem', 'data-index': index,
      'aria-label': `${boxTitle(index)}, ${bytes(tree.retained[index])}`,
      onclick: () => descend(index), onkeydown: event => steer(event, index),
      onpointerenter: () => tell(index), onfocus: () => tell(index),
    },
    svg('rect', { x, y: depth * ROW, width: Math.max(wide - 1, 1), height: ROW - 2,
      style: `fill: ${tree.class[index] >= 0 ? colour(tree.class[index]) : 'var(--rest)'}` }),
    title && svg('text', { x: x + 8, y: depth * ROW + 18 }, title),
    title && figures && svg('text', { class: 'small', x: x + 8, y: depth * ROW + 34 }, figures));
    drawing.append(cell);
  }
  $('icicle').replaceChildren(drawing);
}

function tell(index) {
  const all = tree.retained[0];
  const nested = tree.nested[index] > 0 ? `, with ${count(tree.nested[index])} more of the class within` : '';
  $('hover').replaceChildren(html('b', {}, boxTitle(index)), nested,
    ` – ${bytes(tree.retained[index])} would go with ${tree.count[index] === 1 ? 'it' : 'them'}, `
    + `${percent(tree.retained[index], all)} of everything; ${bytes(tree.size[index])} in ${tree.count[index] === 1 ? 'its own value' : 'their own values'}`);
}

function descend(index, keepFocus) {
  focus = index === focus && focus !== 0 ? tree.parent[index] : index;
  const path = [];
  for (let at = focus; ; at = tree.parent[at]) { path.unshift(at); if (at === 0) break; }
  const crumbs = path.flatMap((at, place) => [
    place > 0 ? html('span', {}, '›') : null,
    html('button', { type: 'button', 'aria-current': at === focus && 'true', onclick: () => { focus = -1; descend(at); } }, boxTitle(at)),
  ]);
  $('crumbs').replaceChildren(...crumbs.filter(crumb => crumb));
  redrawTree();
  tell(focus);
  if (keepFocus) $('icicle').querySelector(`[data-index="${focus}"]`)?.focus();
  if (tree.class[focus] >= 0) chooseClass(tree.class[focus]);
}

function steer(event, index) {
  const among = index === 0 ? [0] : children[tree.parent[index]];
  const place = among.indexOf(index);
  const to = {
    ArrowLeft: among[place - 1], ArrowRight: among[place + 1],
    ArrowDown: children[index][0], ArrowUp: index === 0 ? undefined : tree.parent[index],
  }[event.key];
  if (event.key === 'Enter' || event.key === ' ') descend(index, true);
  else if (event.key === 'Escape' || event.key === 'Backspace') { if (focus !== 0) descend(focus, true); }
  else if (event.key.startsWith('Arrow')) $('icicle').querySelector(`[data-index="${to}"]`)?.focus();
  else return;
  event.preventDefault();
}

// ---- tables --------------------------------------------------------------------------------------

/**
 * A table that sorts by a click on a head, filters by words, and shows its rows a few hundred at a time.
 * A column is `{ title, of: row => value, show?, text?, bar?, tint? }`.
 */
function table(place, { columns, sort, onPick, hint }) {
  let rows = [], by = sort, falling = !columns[sort].text, words = '', shown = 200, picked = null, matching = [];
  const body = html('tbody');
  const heads = columns.map((column, index) => html('th', { class: column.text && 'text', scope: 'col' },
    html('button', { type: 'button', onclick: () => {
      falling = by === index ? !falling : !column.text;
      by = index;
      draw();
    } }, column.title)));
  const found = html('span', { role: 'status' });
  const input = html('input', { type: 'search', placeholder: hint, 'aria-label': hint, oninput: () => {
    words = input.value.toLowerCase();
    shown = 200;
    draw();
  } });
  const more = html('button', { type: 'button', onclick: () => { shown *= 4; draw(); } });
  place.append(html('div', { class: 'tools' }, input, found),
    html('div', { class: 'scroll' }, html('table', {}, html('thead', {}, html('tr', {}, ...heads)), body), more));

  function draw() {
    const key = columns[by].of;
    const texts = columns.filter(column => column.text);
    matching = rows.filter(row => texts.some(column => String(column.of(row)).toLowerCase().includes(words)));
    matching.sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      const order = typeof x === 'string' ? x.localeCompare(y) : x - y;
      return falling ? -order : order;
    });
    heads.forEach((head, index) => {
      if (index === by) head.setAttribute('aria-sort', falling ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    });
    const most = columns.map(column => (column.bar ? Math.max(1, ...rows.map(row => Math.abs(column.of(row)))) : 0));
    const some = matching.slice(0, shown);
    body.replaceChildren(...some.map((row, at) => html('tr', {
      tabindex: onPick && ((picked === row || (at === 0 && !some.includes(picked))) ? 0 : -1),
      'aria-selected': picked === row && 'true',
      onclick: () => pick(row), onkeydown: event => move(event, row),
    }, ...columns.map((column, index) => {
      const value = column.of(row);
      const tint = column.tint && value !== 0 ? (value > 0 ? 'more' : 'less') : '';
      return html('td', {
        class: `${column.text ? 'text' : ''} ${column.bar ? 'bar' : ''} ${tint}`,
        '--share': column.bar && `${(100 * Math.abs(value)) / most[index]}%`, title: column.text && String(value),
      }, column.swatch ? dot(column.swatch(row)) : null, (column.show ?? String)(value));
    }))));
    found.textContent = matching.length === rows.length ? count(rows.length) : `${count(matching.length)} of ${count(rows.length)}`;
    more.hidden = matching.length <= shown;
    more.textContent = `${count(matching.length - shown)} more`;
  }

  function pick(row) {
    if (!onPick) return;
    picked = row;
    draw();
    onPick(row);
  }

  function move(event, row) {
    const at = matching.indexOf(row);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: Math.min(shown, matching.length) - 1 }[event.key];
    if (event.key === 'Enter' || event.key === ' ') { pick(row); body.children[at]?.focus(); }
    else if (to !== undefined) body.children[to]?.focus();
    else return;
    event.preventDefault();
  }

  return {
    set(newRows) { rows = newRows; shown = 200; draw(); },
    mark(row) { picked = row; draw(); },
    clear() { input.value = words = ''; },
  };
}

const classTable = table($('classes'), {
  hint: 'Filter classes', sort: 3, onPick: chooseClass,
  columns: [
    { title: 'class', text: true, of: row => classes.name[row], swatch: row => row },
    { title: 'objects', of: row => classes.count[row], show: count },
    { title: 'own size', of: row => classes.size[row], show: bytes },
    { title: 'retained', of: row => classes.retained[row], show: bytes, bar: true },
  ],
});

const objectTable = table($('objects'), {
  hint: 'Filter objects by number or holder', sort: 3, onPick: chooseObject,
  columns: [
    { title: 'object', text: true, of: row => objects.id[row] },
    { title: 'held by', text: true, of: holderOf },
    { title: 'own size', of: row => objects.size[row], show: bytes },
    { title: 'retained', of: row => objects.retained[row], show: bytes, bar: true },
    { title: 'owners', of: row => objects.owners[row], show: count },
    { title: 'generation', of: row => objects.generation[row], show: value => data.generations[value] ?? '–' },
  ].filter(column => column.title !== 'generation' || objects.generation.some(generation => generation >= 0)),
});

function holderOf(row) {
  if (objects.holder[row] >= 0) {
    const label = data.labels[objects.label[row]];
    return className(objects.class[objects.holder[row]]) + (label ? ` · ${label}` : '');
  }
  return { [-1]: 'a root', [-2]: 'nothing' }[objects.holder[row]] ?? 'a long path';
}

const objectsOf = new Map();
objects.class.forEach((index, row) => {
  if (objects.listed[row]) objectsOf.set(index, [...(objectsOf.get(index) ?? []), row]);
});
let chosenClass = -1;

function chooseClass(index) {
  if (index === chosenClass) return;
  chosenClass = index;
  const rows = objectsOf.get(index) ?? [];
  const all = classes.count[index];
  $('objects-title').replaceChildren(dot(index), `${className(index)} `,
    html('small', {}, rows.length < all ? `the ${count(rows.length)} that retain the most, of ${count(all)}` : plural(all, 'object')));
  classTable.mark(index);
  objectTable.clear();
  objectTable.set(rows);
  if (rows.length > 0) {
    chooseObject(rows.reduce((best, row) => (objects.retained[row] > objects.retained[best] ? row : best)));
  }
}

// ---- the path that holds an object ---------------------------------------------------------------

/** The path from a root to the object, in which runs of the same class over the same label are one step. */
function pathTo(row) {
  const path = [];
  for (let at = row; at >= 0; at = objects.holder[at]) path.unshift(at);
  const steps = [];
  path.forEach((at, place) => {
    const last = steps[steps.length - 1];
    const alike = last && objects.class[last.row] === objects.class[at] && last.label === objects.label[at];
    if (alike && path.length > 12 && place < path.length - 1) { last.more += 1; last.row = at; }
    else steps.push({ row: at, label: objects.label[at], more: 0 });
  });
  return steps.length > 14 ? [...steps.slice(0, 6), { left: steps.length - 13 }, ...steps.slice(-7)] : steps;
}

function chooseObject(row) {
  objectTable.mark(row);
  history.replaceState(null, '', `#class=${encodeURIComponent(className(objects.class[row]))}&object=${objects.id[row]}`);
  $('path-title').replaceChildren('Why is ', dot(objects.class[row]), objectName(row), ' alive? ', html('small', {}, 'the shortest path from a root'));
  drawWhy = width => drawPath(row, width);
  redrawWhy();
}

let drawWhy = () => {};
const redrawWhy = drawnToFit($('why'), width => drawWhy(width));

function drawPath(row, width) {
  if (objects.holder[row] === -2) {
    $('why').replaceChildren(html('p', { class: 'empty' }, 'Nothing holds it: no root leads here. It is garbage, and goes with the next collection.'));
    return;
  }
  const holders = new Set();
  for (let at = objects.dominator[row]; at >= 0; at = objects.dominator[at]) holders.add(at);
  const steps = pathTo(row);
  const wide = 218, high = 52, gap = 88, rise = 44;
  const inRow = Math.max(1, Math.floor((width + gap) / (wide + gap)));
  const rows = Math.ceil((steps.length + 1) / inRow);
  const height = rows * (high + rise) - rise + 26;
  const drawing = svg('svg', { height, viewBox: `0 0 ${width} ${height}`, role: 'list' },
    svg('defs', {}, svg('marker', { id: 'head', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto-start-reverse' },
      svg('path', { d: 'M0 0L8 4L0 8z', style: 'fill: var(--soft)' }))));
  const at = place => [(place % inRow) * (wide + gap) + 1, Math.floor(place / inRow) * (high + rise) + 20];
  const box = (place, kind, name, text, attributes = {}) => {
    const [x, y] = at(place);
    return svg('g', { class: `box ${kind}`, role: 'listitem', ...attributes },
      svg('rect', { x, y, width: wide, height: high }),
      svg('text', { class: 'name', x: x + 12, y: y + 22 }, fitted(name, wide - 24, '600 13px')),
      svg('text', { x: x + 12, y: y + 39 }, fitted(text, wide - 24, '11px')));
  };
  const first = steps[0].row;
  drawing.append(objects.holder[first] === -1
    ? box(0, 'key-holder', 'root', objects.root[first])
    : box(0, '', '…', 'a long path from a root'));
  steps.forEach((step, index) => {
    const place = index + 1;
    const [x, y] = at(place);
    const [fromX, fromY] = at(place - 1);
    const wraps = place % inRow === 0;
    const middle = fromY + high + rise / 2 - 2;
    drawing.append(svg('path', { class: 'arrow', 'marker-end': 'url(#head)', d: wraps
      ? `M${fromX + wide / 2} ${fromY + high}V${middle}H${x + 24}V${y - 2}`
      : `M${fromX + wide} ${y + high / 2}H${x - 3}` }));
    if (step.left) {
      drawing.append(box(place, '', '…', `${count(step.left)} steps more`));
      return;
    }
    const label = index === 0 ? '' : data.labels[step.label] ?? '';
    drawing.append(wraps
      ? svg('text', { class: 'label', x: (fromX + x) / 2 + wide / 2, y: middle - 5, 'text-anchor': 'middle' }, fitted(label, width / 2, '12px'))
      : svg('text', { class: 'label', x: x - gap / 2 - 2, y: y + high / 2 - 7, 'text-anchor': 'middle' }, fitted(label, gap - 12, '12px')));
    const kind = step.row === row ? 'chosen' : holders.has(step.row) ? 'key-holder' : '';
    const many = step.more > 0 ? ` and ${count(step.more)} more` : '';
    drawing.append(box(place, kind, objectName(step.row) + many, `retains ${bytes(objects.retained[step.row])}`, {
      tabindex: 0, 'aria-label': `${objectName(step.row)}, retains ${bytes(objects.retained[step.row])}`,
      onclick: () => show(step.row),
      onkeydown: event => { if (event.key === 'Enter' || event.key === ' ') { show(step.row); event.preventDefault(); } },
    }));
    const others = objects.owners[step.row] - 1;
    if (others > 0) {
      drawing.append(svg('path', { class: 'stub', d: `M${x + wide - 14} ${y - 14}V${y - 1}`, 'marker-end': 'url(#head)' }),
        svg('text', { x: x + wide - 21, y: y - 6, 'text-anchor': 'end' }, plural(others, 'other owner')));
    }
  });
  $('why').replaceChildren(
    html('p', { class: 'legend' }, 'Green boxes hold it on every path: cut the edge to one of them, and it goes. The others are only the shortest way.'),
    drawing);
}

/** Shows an object, whatever its class. */
function show(row) {
  chooseClass(objects.class[row]);
  chooseObject(row);
}

// ---- suspects, and what has changed --------------------------------------------------------------

function showSuspects() {
  if (!data.suspects?.length) return;
  $('suspects').hidden = false;
  table($('suspects'), {
    hint: 'Filter suspects', sort: 2,
    onPick: suspect => {
      if (suspect.object >= 0) show(suspect.object);
      else if (suspect.class >= 0) chooseClass(suspect.class);
    },
    columns: [
      { title: 'class', text: true, of: suspect => className(suspect.class) ?? '', swatch: suspect => suspect.class },
      { title: 'why', text: true, of: suspect => suspect.why },
      { title: 'retained', of: suspect => suspect.retained, show: bytes, bar: true },
    ],
  }).set(data.suspects);
}

function showDiff() {
  const { diff } = data;
  if (!diff) return;
  $('diff').hidden = false;
  $('diff').querySelector('h2').append(html('small', {}, `from ${diff.before} to ${diff.after}`));
  table($('diff'), {
    hint: 'Filter classes', sort: 5, onPick: row => { const index = classes.name.indexOf(row.name); if (index >= 0) chooseClass(index); },
    columns: [
      { title: 'class', text: true, of: row => row.name, swatch: row => classes.name.indexOf(row.name) },
      { title: 'new', of: row => row.born, show: count },
      { title: 'gone', of: row => row.gone, show: count },
      { title: 'objects', of: row => row.count, show: value => signed(value, count), tint: true },
      { title: 'own size', of: row => row.size, show: value => signed(value, bytes), tint: true },
      { title: 'retained', of: row => row.retained, show: value => signed(value, bytes), tint: true, bar: true },
    ],
  }).set(diff.rows);
}

// ---- begin ---------------------------------------------------------------------------------------

function begin() {
  showTheme();
  showHead();
  showTimeline();
  showSuspects();
  showDiff();
  classTable.set([...classes.name.keys()]);
  descend(0);
  const asked = new URLSearchParams(location.hash.slice(1));
  const index = classes.name.indexOf(asked.get('class'));
  const largest = [...classes.size.keys()].sort((a, b) => classes.size[b] - classes.size[a])[0];
  if (index >= 0) chooseClass(index);
  else if (largest !== undefined) chooseClass(largest);
  const row = objects.id.findIndex((id, at) => String(id) === asked.get('object') && objects.class[at] === index);
  if (row >= 0) show(row);
  document.documentElement.dataset.ready = 'true';
}
begin();
