// The conformance corpus (tests/data/sql-conformance/README.md): cases from its files, and the judging of answers.
import fs from 'node:fs';
import path from 'node:path';
import { kType } from './guest.mjs';

/// JSON.parse that keeps integers a double cannot hold, as BigInt behind a marked object.
function parse(text) {
  const exact = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g,
    (token) => (/^-?\d{16,}$/.test(token) ? `{"integer":"${token}"}` : token));
  return JSON.parse(exact, (_, value) => (typeof value?.integer === 'string' ? BigInt(value.integer) : value));
}

const floatOf = (text) => ({ inf: Infinity, '-inf': -Infinity, nan: NaN, NaN })[text] ?? Number(text);

export function readCell(json) {
  if (json === null) return { type: kType.NULL, value: null };
  switch (typeof json) {
    case 'boolean': return { type: kType.BOOLEAN, value: json ? 1 : 0 };
    case 'number': case 'bigint': return { type: kType.INTEGER, value: BigInt(json) };
    case 'string': return { type: kType.TEXT, value: json };
  }
  if ('f' in json) return { type: kType.FLOAT, value: floatOf(json.f) };
  if ('ts' in json) return { type: kType.TIMESTAMP, value: BigInt(json.ts) };
  if ('j' in json) return { type: kType.JSON, value: json.j };
  if ('v' in json) return { type: kType.VECTOR, value: Buffer.from(new Float32Array(json.v.map(Number)).buffer).toString('hex') };
  if ('any' in json) return { type: kType[json.any], min: json.min, max: json.max };
  if ('re' in json) return { type: kType[json.type], pattern: new RegExp(json.re) };
  throw new Error(`cannot read cell ${JSON.stringify(json)}`);
}

function readStep(json, call) {
  const params = json.params ?? [];
  return {
    op: json.op ?? '', sql: json.sql ?? '', handle: json.handle ?? 'a', call: json.call ?? call, fails: json.fails === true,
    isolation: json.isolation ?? 0, on: json.on ?? 'a', ms: json.ms ?? 0, named: !Array.isArray(params),
    values: Array.isArray(params) ? params.map(readCell) : Object.entries(params).map(([name, value]) => [name, readCell(value)]),
  };
}

/// Every case, in the order of the files; feature is the file's for defects.jsonl.
export function loadCorpus(folder) {
  const fixtures = parse(fs.readFileSync(path.join(folder, 'fixtures.json'), 'utf8'));
  const cases = [];
  for (const file of fs.readdirSync(folder).filter((name) => name.endsWith('.jsonl')).sort()) {
    for (const line of fs.readFileSync(path.join(folder, file), 'utf8').split('\n')) {
      if (line === '') continue;
      const json = parse(line);
      const defect = file === 'defects.jsonl';
      const expected = defect ? json.right ?? {} : json;
      cases.push({
        id: json.id, feature: defect ? 'defects' : json.feature, onDisk: json.store === 'file',
        setup: json.setup.flatMap((item) => (typeof item !== 'string' ? [item] : item.startsWith('@') ? fixtures[item.slice(1)] : [item]))
          .map((item) => readStep(typeof item === 'string' ? { sql: item } : item, 'exec')),
        step: readStep(json, 'exec'),
        columns: expected.columns, rows: expected.rows?.map((row) => row.map(readCell)), ordered: expected.ordered === true,
        loose: expected.loose_numeric === true, contains: expected.contains, affected: expected.affected, error: expected.error,
      });
    }
  }
  return cases;
}

export const show = (row) => `[${row.map((cell) => `${cell.value ?? cell.pattern ?? (cell.type === 0 ? 'NULL' : 'any')}:${cell.type}`).join(', ')}]`;

function close(a, b) {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  return a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}

const isNumber = (cell) => cell.type === kType.INTEGER || cell.type === kType.FLOAT;

function accepts(expected, cell, loose) {
  if (expected.pattern) return cell.type === expected.type && expected.pattern.test(cell.value);
  if (!('value' in expected)) {
    if (cell.type !== expected.type) return false;
    return (expected.min === undefined || Number(cell.value) >= expected.min) && (expected.max === undefined || Number(cell.value) <= expected.max);
  }
  if (loose && isNumber(expected) && isNumber(cell)) return close(Number(expected.value), Number(cell.value));
  if (expected.type !== cell.type) return false;
  return cell.type === kType.FLOAT ? close(expected.value, cell.value) : expected.value === cell.value;
}

function judgeRows(test, rows) {
  if (rows.length !== test.rows.length) return `${test.rows.length} rows expected, ${rows.length} came${rows.length ? `, the first ${show(rows[0])}` : ''}`;
  const fits = (expected, row) => expected.length === row.length && expected.every((cell, i) => accepts(cell, row[i], test.loose));
  const left = [...rows];
  for (const [i, expected] of test.rows.entries()) {
    // Unordered rows mostly come as the corpus has them, so the search mostly ends at once.
    const at = test.ordered ? (fits(expected, left[0]) ? 0 : -1) : left.findIndex((row) => fits(expected, row));
    if (at < 0) return `row ${i}: expected ${show(expected)}, got ${show(left[0])}`;
    left.splice(at, 1);
  }
  return '';
}

/// '' where the answer is right.
export function judge(test, answer) {
  if (test.error) {
    const must = test.error.must ?? '';
    if (answer.error === undefined) return `an error was expected ('${must}')${answer.rows.length ? `, got ${show(answer.rows[0])}` : ''}`;
    return answer.error.toLowerCase().includes(must.toLowerCase()) ? '' : `error expected with '${must}', got: ${answer.error}`;
  }
  if (answer.error !== undefined) return `error: ${answer.error}`;
  if (test.affected !== undefined && BigInt(test.affected) !== answer.affected) return `${test.affected} affected expected, got ${answer.affected}`;
  if (test.columns) {
    const same = test.columns.length === answer.columns.length && test.columns.every((name, i) => name === null || name === answer.columns[i]);
    if (!same) return `columns ${test.columns.join(', ')} expected, got ${answer.columns.join(', ')}`;
  }
  if (test.rows) {
    const wrong = judgeRows(test, answer.rows);
    if (wrong) return wrong;
  }
  const joined = (answer.rows ?? []).map((row) => row.map((cell) => cell.value).join('\n')).join('\n');
  for (const text of test.contains ?? []) if (!joined.includes(text)) return `no '${text}' in:\n${joined}`;
  return '';
}

/// Queries that may be asked again and give the same.
export function isRepeatable(test) {
  const { op, sql, call } = test.step;
  return op === '' && call === 'query' && !test.error && /^(SELECT|WITH|SHOW|DESC)/.test(sql) && !sql.includes(';');
}
