// Rows that the library keeps of tables scanned twice in one transaction: never stale, and asked for no more.
//
// usage: node tests/module-cpp/kept_rows_test.mjs <folder of .wasm>
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Host } from './host.mjs';

const program = fs.readFileSync(path.join(process.argv[2], 'kept_rows.wasm'));
const load = (count, options) => {
  const host = new Host(program, options);
  assert.equal(host.reducer('fill', [count]).trap, null);
  return host;
};
const said = (result) => result.logs.map((each) => each.message);
const scans = (result) => result.host_calls.filter((each) => each.call === 'datastore_table_scan_bsatn').length;
const rows = (host) => [...host.rows('item').map((row) => `${row.id}:${row.weight} `), ...host.rows('word').map((row) => `${row.text} `)].join('');
const good = (result) => {
  assert.equal(result.trap, null, JSON.stringify(result.logs));
  assert.equal(result.leaked_iterators, 0);
  return result;
};
const changes = {
  'insert': 1, 'insert a generated key': 1, 'try_insert': 1, 'refused insert': 0, 'update': 1, 'update of nothing': 0,
  'upsert': 1, 'delete_by_key': 1, 'delete_all of an index': 1, 'delete_by_value': 1, 'delete_all_by_eq': 1,
  'update_by_value': 1, 'clear': 1, 'insert by name': 1, 'clear by name': 1, 'get_table': 1, 'another table': 1,
  "the host's function": 1, "the host's function, announced": 1,
};
let passed = 0;
for (const [how, differs] of Object.entries(changes)) {
  // A scan's rows in one buffer and in many.
  for (const chunk of [32768, 8]) {
    const host = load(4, { chunk });
    const before = rows(host);
    const result = good(host.reducer('look_and_change', [how]));
    assert.equal(result.code, 0);
    assert.deepEqual(said(result), [before, rows(host)], how);
    assert.equal(before !== rows(host), differs === 1, how);
    assert.deepEqual(said(good(host.reducer('only_look'))), [rows(host)], `${how}, the next call`);

    const failing = load(4, { chunk });
    const failed = good(failing.reducer('change_and_fail', [how]));
    assert.equal(failed.message, 'no');
    assert.deepEqual(said(failed), [before, rows(host)]);
    assert.equal(rows(failing), before);
    assert.deepEqual(said(good(failing.reducer('only_look'))), [before], `${how}, rolled back`);
    assert.notEqual(failing.reducer('change_and_trap', [how]).trap, null);
    assert.deepEqual(said(good(failing.reducer('only_look'))), [before], `${how}, trapped`);
    ++passed;
  }
}

// The third scan of each of the two tables asks nobody; what did not change is still kept afterwards.
{
  const host = load(4);
  assert.equal(scans(host.reducer('only_look')), 4);
  assert.equal(scans(host.reducer('only_look')), 4, 'nothing is kept from one call to the next');
  assert.equal(scans(host.reducer('look_and_change', ['update'])), 5);
  assert.equal(scans(host.reducer('look_and_change', ['another table'])), 5);
  assert.equal(scans(load(4, { chunk: 8 }).reducer('only_look')), 6, 'only whole tables in one buffer');
  ++passed;
}
{
  const host = load(3);
  assert.deepEqual(said(good(host.reducer('insert_while_reading'))).slice(1, 4), ['1:10 ', '2:20 ', '3:30 ']);
  assert.equal(host.rows('item').length, 6);
  const nested = said(good(load(3).reducer('change_in_nested_scans')));
  assert.deepEqual(nested.slice(1), [
    '1:10 | 1:10 oa(2)(3)2:20 3:30 ', '2:20 | 2:20 oa(3)3:30 ', '3:30 | 3:30 oa', 'one a longer one ']);
  const early = load(3);
  // An updated row of the toy host goes to the end of its table.
  assert.deepEqual(said(good(early.reducer('leave_early'))), Array.from({ length: 40 }, (_, i) => (i < 4 ? '2:20 ' : '3:30 ')));
  ++passed;
}
for (const chunk of [32768, 8]) {
  const sizes = [0, 10, 65536 - 8, 65536 - 7, 300000, 3];
  const found = (id) => (id < sizes.length ? `${id}:${sizes[id]}` : 'none');
  const item = (id) => `${id}:${id * 10} `;
  assert.deepEqual(said(good(load(6, { chunk }).reducer('find_notes'))),
    [1, 2, 3, 4, 5, 6].map((id) => `${item(id)}${found(id)} none ${item(id)}${found(id + 1)} ${item(id)}`));
  ++passed;
}
{
  assert.deepEqual(said(good(load(0).reducer('collect_and_count'))), ['0 0']);
  assert.deepEqual(said(good(load(9).reducer('collect_and_count'))), ['45 2250']);
  for (const chunk of [32768, 1 << 20]) {
    for (const count of [8191, 8192, 8193]) {  // 65,536 bytes are a buffer
      const sum = (count * (count + 1) / 2) * 50;
      assert.deepEqual(said(good(load(count, { chunk }).reducer('collect_and_count'))), [`${count * 5} ${sum}`]);
    }
  }
  ++passed;
}
{
  const expected = [];
  for (let round = 0, sum = 0; round < 4; sum += 1 << (round * 2), ++round) {
    expected.push(`${sum},${sum},${sum} `.repeat(18));
  }
  assert.deepEqual(said(good(load(0).reducer('many_tables'))), expected);
  ++passed;
}
{
  const host = load(2);
  const before = rows(host);
  const inserted = (id) => before.replace('one', `${id}:5 one`);
  assert.deepEqual(said(good(host.procedure('transactions'))),
    [before, before, inserted(500), before, before, inserted(501)]);
  assert.equal(rows(host), inserted(501));
  const refused = host.procedure('after_the_transaction');
  assert.notEqual(refused.trap, null);
  assert.match(said(refused).join(), /scan failed/);
  ++passed;
}
console.log(`${passed} passed, 0 failed`);
