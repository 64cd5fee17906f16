// Has DevTools' own code and memlab read heap snapshots, and compares what they find with what our
// inspector does: node heaps.mjs FILE.heapsnapshot NODES.csv …
//
// NODES.csv is the table of the same objects that `inspect export` writes, in the same order.

import { createReadStream, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parse } from 'heap-snapshot-toolkit';

const { analysis, config, utils } = createRequire(import.meta.url)('@memlab/core');

config.muteConsole = true;

// Nodes that only stand for roots come first: the root, and "(GC roots)".
const BEFORE = 2;

/** What our inspector found: of each object its retained size, and its dominator by place, −1 for the roots. */
function readOurs(path) {
  const [head, ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
  const columns = head.split(',');
  const [ours, retained, dominator, reachable] =
    ['node', 'retained', 'dominator', 'reachable'].map(name => columns.indexOf(name));
  const rows = lines.map(line => line.split(','));
  const place = new Map(rows.map((row, index) => [row[ours], index]));
  return rows.map(row => ({
    reachable: row[reachable] === 'true',
    retained: Number(row[retained]),
    dominator: row[dominator] === '' ? -1 : place.get(row[dominator]),
  }));
}

/** Those that are reached alone. */
function reached(ours) {
  let count = 0;
  const places = ours.map(our => (our.reachable ? count++ : -1));
  return ours.filter(our => our.reachable)
    .map(our => ({ ...our, dominator: our.dominator < 0 ? -1 : places[our.dominator] }));
}

async function devTools(path) {
  const heap = await parse(createReadStream(path, 'utf-8'));
  return {
    count: heap.nodeCount,
    node: at => ({ retained: heap.retainedSizes[at], dominator: heap.dominatorsTree[at] }),
  };
}

async function memlab(path) {
  const heap = await utils.getSnapshotFromFile(path, { buildNodeIdIndex: true });
  analysis.preparePathFinder(heap);
  return {
    count: heap.nodes.length,
    node: at => {
      const node = heap.nodes.get(at);
      return { retained: node.retainedSize, dominator: node.dominatorNode?.nodeIndex ?? 0 };
    },
  };
}

let wrong = 0;
const files = process.argv.slice(2);
for (let at = 0; at < files.length; at += 2) {
  let ours = readOurs(files[at + 1]);
  // A file of what is reached has nothing else, and keeps the order.
  if (files[at].includes('-reached')) ours = reached(ours);
  for (const [name, judge] of [['DevTools', devTools], ['memlab', memlab]]) {
    const theirs = await judge(files[at]);
    let differ = theirs.count === ours.length + BEFORE ? 0 : 1;
    if (differ) console.log(`${files[at]}: ${name} has ${theirs.count} nodes, we have ${ours.length}`);
    ours.forEach((our, index) => {
      // What nothing reaches hangs on the root there, and has no dominator here.
      if (!our.reachable) return;
      const their = theirs.node(index + BEFORE);
      const dominator = their.dominator < BEFORE ? -1 : their.dominator - BEFORE;
      if (their.retained === our.retained && dominator === our.dominator) return;
      differ += 1;
      if (differ < 5) console.log(`${files[at]}: object ${index}: ${name}`, { ...their, dominator }, 'we', our);
    });
    console.log(`${files[at]}: ${name} agrees on ${ours.length} objects but for ${differ}`);
    wrong += differ;
  }
}
console.log(wrong === 0 && files.length > 0 ? 'all agree' : `${wrong} differ`);
process.exitCode = wrong === 0 && files.length > 0 ? 0 : 1;
