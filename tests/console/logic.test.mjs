// What of the console needs no browser: exact JSON, numbers, times, drafts, moving rows, plans.
// `run` bundles the console's sources for node into logic/.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { parseJson, writeJson } from './logic/json.mjs';
import { encode, emptyDraft } from './logic/draft.mjs';
import { LiveRows } from './logic/live_rows.mjs';
import { planTree } from './logic/plan.mjs';
import { durationText, parseDuration, parseTimestamp, timestampText } from './logic/times.mjs';

const space = { types: [], names: new Map() };

describe('JSON', () => {
  test('keeps every number and text', () => {
    for (const text of [
      '[18446744073709551615,-9223372036854775808,9007199254740993,0,-1]',
      '340282366920938463463374607431768211455',
      '{"a":{"b":[null,true,false,"\\"\\\\\\n☃"]}}',
      '[0.1,-1.7976931348623157e+308,1e-7]',
      '"0x0"',
    ]) {
      assert.equal(writeJson(parseJson(text)), text);
    }
    assert.equal(parseJson(' [ 1e400 ] ')[0], Infinity);
    assert.equal(writeJson(-0), '-0.0');
  });
  test('refuses what is no JSON', () => {
    for (const text of ['', '[1,]', '{"a"}', '{"a":1', '"open', 'tru', '1 2', '[1 2]', '['.repeat(5000)]) {
      assert.throws(() => parseJson(text), SyntaxError, text.slice(0, 20));
    }
  });
});

describe('times', () => {
  test('durations are read as they are written', () => {
    for (const micros of [0n, 1n, -1n, 250_000n, 5_400_000_000n, -90_061_000_001n, 9_223_372_036_854_775_807n]) {
      assert.equal(parseDuration(durationText(micros)), micros);
    }
    assert.equal(parseDuration('1.5 h'), 5_400_000_000n);
    assert.equal(parseDuration('90'), 90_000_000n);
    assert.equal(parseDuration('3 us'), 3n);
    for (const text of ['', 'h', '1 hour', '1 h x']) assert.equal(parseDuration(text), undefined, text);
  });
  test('timestamps keep their microseconds, before 1970 too', () => {
    for (const micros of [0n, 1n, -1n, 1_769_860_800_000_001n, -62_135_596_800_000_000n]) {
      assert.equal(parseTimestamp(timestampText(micros)), micros, timestampText(micros));
    }
    assert.equal(parseTimestamp('2026-01-31T12:00:00+01:00'), 1_769_857_200_000_000n);
    assert.equal(parseTimestamp('-5'), -5n);
    assert.equal(parseTimestamp('yesterday'), undefined);
  });
});

describe('drafts', () => {
  const integer = (name) => ({ kind: 'integer', name });
  test('stay in the range of their type', () => {
    assert.equal(encode(integer('U64'), '18446744073709551615', space, ''), 18446744073709551615n);
    assert.equal(encode(integer('I8'), ' -0x80 ', space, ''), -128n);
    assert.equal(encode(integer('I256'), '-1', space, ''), '-0x1');
    for (const [type, text] of [['U8', '256'], ['U8', '-1'], ['I8', '128'], ['I64', '9223372036854775808'], ['U32', '1.5'], ['U32', ''], ['U32', '1e3']]) {
      assert.throws(() => encode(integer(type), text, space, ''), undefined, `${type} ${text}`);
    }
  });
  test('a type that holds itself can be begun', () => {
    // Tree = Node { left: Tree, right: Tree } | Leaf
    const ref = { kind: 'ref', index: 0 };
    const node = { kind: 'product', fields: [{ name: 'left', type: ref }, { name: 'right', type: ref }] };
    const tree = { kind: 'sum', variants: [{ name: 'Node', type: node }, { name: 'Leaf', type: { kind: 'product', fields: [] } }] };
    const trees = { types: [tree], names: new Map() };
    const draft = emptyDraft(ref, trees);
    assert.deepEqual(draft, { tag: 1, payload: [] });
    assert.deepEqual(encode(ref, { tag: 0, payload: [draft, draft] }, trees, ''), [0, [[1, []], [1, []]]]);
  });
});

describe('live rows', () => {
  const shown = (rows) => rows.shown().map((row) => `${row.cells.join(' ')} ${row.change}`);
  test('rows that stay the same by their key are updated', () => {
    const rows = new LiveRows([0]);
    rows.reset([[1, 'a'], [2, 'b'], [3, 'c']]);
    const id = rows.shown()[1].id;
    rows.apply({ removed: [0, 1], added: [{ position: 0, row: [2, 'B'] }, { position: 2, row: [4, 'd'] }] }, 1000);
    assert.deepEqual(shown(rows), ['1 a deleted', '2 B updated', '3 c none', '4 d inserted']);
    assert.equal(rows.shown()[1].id, id);
    assert.deepEqual(rows.shown()[1].changed, [false, true]);
    assert.equal(rows.count, 3);
    assert.equal(rows.settle(1800), true);
    assert.deepEqual(shown(rows), ['2 B updated', '3 c none', '4 d inserted']);
    assert.equal(rows.settle(3000), false);
    assert.deepEqual(shown(rows), ['2 B none', '3 c none', '4 d none']);
  });
  test('any sequence of changes ends in the rows that the server has', () => {
    let seed = 7;
    const random = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
    const rows = new LiveRows([]);
    let truth = Array.from({ length: 20 }, (_, i) => [i]);
    rows.reset(truth);
    for (let round = 0; round < 200; ++round) {
      const removed = truth.map((_, i) => i).filter(() => random(4) === 0);
      const next = truth.filter((_, i) => !removed.includes(i));
      const added = [];
      for (let position = 0; position <= next.length && added.length < 5; ++position) {
        if (random(5) !== 0) continue;
        next.splice(position, 0, [1000 * round + position]);
        added.push({ position, row: next[position] });
      }
      truth = next;
      rows.apply({ removed, added }, round * 10_000);
      rows.settle(round * 10_000 + 5000);
      assert.deepEqual(rows.shown().map((row) => row.cells), truth);
    }
  });
});

test('a plan’s lines become a tree', () => {
  const [root] = planTree([
    'SELECT',
    '  Columns: a.v',
    '  -> Limit (cost=38916 rows=3)',
    '     Limit: 3',
    '      -> Hash Join (INNER Join) (cost=32790 rows=300) (actual rows=7)',
    '         Join Cond: (b.a_id = a.id)',
    '          -> Seq Scan on b (cost=4000 rows=1000)',
    '          -> Seq Scan on a (cost=5490 rows=300)',
    '             Filter: (id > 3)',
  ]);
  assert.deepEqual(root.details, ['Columns: a.v']);
  const join = root.children[0].children[0];
  assert.equal(join.title, 'Hash Join (INNER Join)');
  assert.equal(join.numbers, '(cost=32790 rows=300) (actual rows=7)');
  assert.deepEqual(join.children.map((c) => c.title), ['Seq Scan on b', 'Seq Scan on a']);
  assert.deepEqual(join.children[1].details, ['Filter: (id > 3)']);
});
