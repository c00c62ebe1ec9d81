// Replays the conformance corpus on the WebAssembly engine, by the rules of the native runner (tests/conformance).
//
// Every case has an instance of its own; cases run in worker threads, so that a hang ends with the worker.
import { fork } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Guest } from './guest.mjs';
import { isRepeatable, judge, loadCorpus } from './corpus.mjs';

const kUsage = `node conformance.mjs --wasm FILE --data FOLDER [--later FILE] [--deviations FILE] [--feature NAME]... [--id ID]... [--jobs N]
Ends with "N passed, M failed"; exit status 0 where nothing failed.`;
const kTimeout = 20000;
const kRefused = 'not supported yet: ';

function readArguments(argv) {
  const out = { features: new Set(), ids: new Set(), jobs: 2 };
  for (let i = 0; i < argv.length; ++i) {
    const value = argv[i + 1];
    switch (argv[i]) {
      case '--help': console.log(kUsage); process.exit(0);
      case '--wasm': case '--data': case '--later': case '--deviations': out[argv[i].slice(2)] = value; break;
      case '--feature': out.features.add(value); break;
      case '--id': out.ids.add(value); break;
      case '--jobs': out.jobs = Number(value); break;
      default: console.error(kUsage); process.exit(2);
    }
    ++i;
  }
  if (!out.wasm || !out.data) { console.error(kUsage); process.exit(2); }
  return out;
}

// --- one case, in a worker ---

/// The handles of one case on one instance.
class World {
  constructor(module, test) {
    this.module = module;
    this.folder = test.onDisk ? fs.mkdtempSync(path.join(os.tmpdir(), 'orrery-wasm-')) : null;
    this.open();
  }

  open() {
    this.guest = new Guest(this.module, this.folder);
    this.databases = new Map();
    this.transactions = new Map();
    const db = this.folder ? this.guest.withTexts(['file:///data/db'], (dsn) => this.guest.handle('open', dsn)) :
      this.guest.handle('open_in_memory');
    if (db === null) throw new Error(`open: ${this.message()}`);
    this.databases.set('a', db);
  }

  message() { return this.guest.text(this.guest.call('errmsg', 0)); }

  database(name) {
    if (!this.databases.has(name)) this.databases.set(name, this.guest.handle('clone', this.databases.get('a')));
    return this.databases.get(name);
  }

  run(step, packed = false) {
    switch (step.op) {
      case 'begin': {
        const db = this.database(step.on);
        const tx = this.guest.handle('begin_with_isolation', db, step.isolation);
        if (tx === null) return { error: this.guest.text(this.guest.call('errmsg', db)) };
        this.transactions.set(step.handle, tx);
        return { columns: [], rows: [], affected: 0n };
      }
      case 'commit': case 'rollback': {
        const rc = this.guest.call(`tx_${step.op}`, this.transactions.get(step.handle) ?? 0);
        this.transactions.delete(step.handle);
        return rc === 0 ? { columns: [], rows: [], affected: 0n } : { error: this.message() };
      }
      case 'reopen': this.closeAll(); this.open(); return { columns: [], rows: [], affected: 0n };
      case 'sleep': Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, step.ms); return { columns: [], rows: [], affected: 0n };
    }
    if (step.handle.startsWith('t')) return this.guest.run('tx', this.transactions.get(step.handle) ?? 0, step.sql, step.values, step.call, packed);
    return this.guest.run('db', this.database(step.handle), step.sql, step.values, step.call, packed);
  }

  closeAll() {
    for (const tx of this.transactions.values()) this.guest.call('tx_rollback', tx);
    for (const db of this.databases.values()) this.guest.call('close', db);
  }

  end() {
    this.closeAll();
    if (this.folder) fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/// {refused} what is not supported yet, {wrong} '' where it passed.
function runCase(module, test) {
  const world = new World(module, test);
  const refused = (answer) => answer.error?.includes(kRefused) && answer.error.slice(answer.error.indexOf(kRefused) + kRefused.length);
  for (const step of test.setup) {
    const answer = world.run(step);
    if (refused(answer)) return { refused: refused(answer) };
    const failed = answer.error !== undefined;
    // What a step of defects.jsonl does is what the observed library did.
    if (failed !== step.fails && test.feature !== 'defects') return { wrong: failed ? `step '${step.sql}': ${answer.error}` : `step '${step.sql}' should have failed` };
  }
  const answer = world.run(test.step);
  if (refused(answer)) return { refused: refused(answer) };
  let wrong = judge(test, answer);
  if (!wrong && isRepeatable(test)) {
    wrong = judge(test, world.run(test.step, true));
    if (wrong) wrong = `fetch_all: ${wrong}`;
    if (!wrong && !test.step.named && !test.step.handle.startsWith('t')) {
      const prepared = world.guest.runPrepared(world.database(test.step.handle), test.step.sql, test.step.values);
      // Prepared statements alone insist on every value.
      if (!prepared.error?.startsWith('Query requires')) wrong = judge(test, prepared);
      if (wrong) wrong = `prepared: ${wrong}`;
    }
  }
  world.end();
  return { wrong };
}

function work() {
  const settings = JSON.parse(process.argv[3]);
  const cases = loadCorpus(settings.data);
  const module = new WebAssembly.Module(fs.readFileSync(settings.wasm));
  process.on('message', (index) => {
    if (index === null) return process.disconnect();
    let outcome;
    try {
      outcome = runCase(module, cases[index]);
    } catch (error) {
      outcome = { wrong: `trapped: ${error.message}` };
    }
    process.send({ index, outcome });
  });
}

// --- all of them ---

/// Outcomes by index.
function runAll(settings, indices) {
  const outcomes = new Map();
  const queue = [...indices];
  return new Promise((resolve, reject) => {
    let workers = 0;
    const begin = () => {
      // Processes, not threads: Node 20 crashes now and then when a thread ends while its module is still being
      // compiled in the background.
      const given = JSON.stringify({ data: settings.data, wasm: settings.wasm });
      const worker = fork(fileURLToPath(import.meta.url), ['--worker', given], { execArgv: ['--no-warnings'] });
      let timer, current;
      ++workers;
      const stop = (idle) => {
        if (idle) worker.send(null);
        else worker.kill('SIGKILL');
        if (--workers === 0) resolve(outcomes);
      };
      const next = () => {
        current = queue.shift();
        if (current === undefined) return stop(true);
        timer = setTimeout(() => {
          outcomes.set(current, { wrong: `no answer within ${kTimeout / 1000} s` });
          begin();
          stop(false);
        }, kTimeout);
        worker.send(current);
      };
      worker.on('message', ({ index, outcome }) => { clearTimeout(timer); outcomes.set(index, outcome); next(); });
      worker.on('error', reject);
      next();
    };
    for (let i = 0; i < settings.jobs; ++i) begin();
  });
}

const linesOf = (file) => (file ? fs.readFileSync(file, 'utf8').split('\n').filter((line) => line && !line.startsWith('#')) : [])
  .map((line) => { const space = line.indexOf(' '); return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)]; });

async function main() {
  const settings = readArguments(process.argv.slice(2));
  const later = linesOf(settings.later);
  const laterFeatures = new Set(later.filter(([kind]) => kind === 'feature').map(([, name]) => name));
  const laterRefusals = new Set(later.filter(([kind]) => kind === 'refused').map(([, name]) => name));
  const deviations = new Map(linesOf(settings.deviations));
  const cases = loadCorpus(settings.data);
  const indices = [...cases.keys()].filter((i) => (settings.features.size === 0 || settings.features.has(cases[i].feature)) &&
    (settings.ids.size === 0 || settings.ids.has(cases[i].id)));
  const outcomes = await runAll(settings, indices);
  const counts = new Map(), total = { passed: 0, failed: 0, later: 0, deviates: 0 };
  for (const i of indices) {
    const test = cases[i], outcome = outcomes.get(i);
    const verdict = outcome.wrong === '' ? 'passed' : deviations.has(test.id) ? 'deviates' :
      laterFeatures.has(test.feature) || laterRefusals.has(outcome.refused) ? 'later' : 'failed';
    if (verdict === 'failed') {
      const steps = test.setup.filter((step) => step.op === '').map((step) => `    ${step.sql.slice(0, 200)}\n`).join('');
      console.log(`FAILED ${test.id}\n${steps}  > ${test.step.sql}\n  ${outcome.refused ? kRefused + outcome.refused : outcome.wrong}`);
    }
    if (!counts.has(test.feature)) counts.set(test.feature, { passed: 0, failed: 0, later: 0, deviates: 0 });
    ++counts.get(test.feature)[verdict];
    ++total[verdict];
  }
  for (const [feature, count] of counts) {
    if (count.failed + count.later + count.deviates > 0) console.log(`${feature}: ${count.passed} passed, ${count.failed} failed, ${count.later} for later, ${count.deviates} deviate`);
  }
  console.log(`not supported yet: ${total.later} cases; answered otherwise on purpose: ${total.deviates} cases`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
}

if (process.argv[2] === '--worker') work(); else await main();
