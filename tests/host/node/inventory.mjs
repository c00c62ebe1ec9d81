// Checks that every row of inventory.tsv is asserted by a test that ran and passed, and that no row was lost.
import fs from 'node:fs';

const kRows = {
  core: 51, procedure: 7, view: 7, 'event-table': 4, 'view-pk': 3, 'procedural-view-pk': 3, 'procedure-concurrency': 4,
  'case-conversion': 6,
};
const lines = fs.readFileSync('inventory.tsv', 'utf8').split('\n').filter((line) => line && !line.startsWith('#'))
  .map((line) => line.split('\t'));
const wrong = [];
const counts = {};
const seen = new Set();
const results = new Map();
for (const [suite, row, file, name] of lines) {
  counts[suite] = (counts[suite] ?? 0) + 1;
  if (seen.has(`${suite} ${row}`)) wrong.push(`${suite} ${row}: twice`);
  seen.add(`${suite} ${row}`);
  if (!results.has(file)) {
    const tap = fs.existsSync(`${file}.tap`) ? fs.readFileSync(`${file}.tap`, 'utf8') : '';
    results.set(file, new Map([...tap.matchAll(/^ *(ok|not ok) \d+ - (.*)$/gm)].map((match) => [match[2], match[1]])));
  }
  const result = results.get(file).get(name);
  if (result !== 'ok') wrong.push(`${suite} ${row}: ${name} in ${file} ${result === undefined ? 'did not run' : 'did not pass'}`);
}
for (const [suite, count] of Object.entries(kRows)) {
  if (counts[suite] !== count) wrong.push(`${suite}: ${counts[suite] ?? 0} rows instead of ${count}`);
}
for (const each of wrong) console.error(`inventory: ${each}`);
if (wrong.length === 0) console.log(`inventory: all ${lines.length} rows are asserted`);
process.exit(wrong.length === 0 ? 0 : 1);
