// The whole server is killed (SIGKILL) under load again and again, at seeded moments: while clients transfer money, while it
// recovers, while a module is published, while it stops and writes its checkpoint. After each kill it is started on the same data, the clients come back with their
// tokens, and what they were told is held against what is there:
//  - a transfer that was confirmed is in the ledger as it was asked for; one that was refused is not;
//  - every balance is what the ledger says, and their sum is what it always was: nothing is half applied;
//  - rows that a subscriber had seen are still there (its reads are confirmed ones);
//  - all clients come to the same rows; those who were connected to the dead server are not guests any more;
//  - the clock beats on, and every alarm that was confirmed rings exactly once.
//
// usage: node kills.mjs KILLS [SEED]
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { TimeDuration } from 'spacetimedb';
import { bindings_of } from './bindings.mjs';
import { connect, pause, rows, until } from './client.mjs';
import { Server } from './server.mjs';

const kills = Number(process.argv[2] ?? 40);
const first_seed = Number(process.argv[3] ?? 1);
const kAccounts = 32;
const kStart = 1000n;
const kWorkers = 4;
const kPipeline = 12;
const kKillsPerFolder = 50;
const kAll = ['account', 'transfer_line', 'rung', 'beats', 'guest'].map((name) => `SELECT * FROM ${name}`);

/// Numbers below `n`, the same for the same seed.
function dice(seed) {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6D2B79F5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) % n;
  };
}

/// What clients were told over the life of one data folder.
class Told {
  confirmed = new Map();  // ticket -> transfer
  refused = new Set();
  alarms = new Set();
  asked = 0;
  next_ticket = 1n;
  beats = 0n;
  tokens = [];
}

class Round {
  constructor(server, bindings, told, roll) {
    Object.assign(this, { server, bindings, told, roll, stopped: false, clients: [] });
  }

  async connect_all() {
    this.clients = await Promise.all(Array.from({ length: kWorkers + 1 }, (_, i) =>
      connect(this.server, 'vault', this.bindings, { token: this.told.tokens[i] })));
    this.clients.forEach((client, i) => {
      if (this.told.tokens[i]) assert.equal(client.identity.toHexString(), this.told.identities[i]);
    });
    this.told.tokens = this.clients.map((client) => client.token);
    this.told.identities = this.clients.map((client) => client.identity.toHexString());
    this.watcher = this.clients[kWorkers];
    await this.watcher.subscribe(kAll);
  }

  async transfers(client) {
    while (!this.stopped) {
      const ticket = this.told.next_ticket++;
      const source = this.roll(kAccounts);
      const target = (source + 1 + this.roll(kAccounts - 1)) % kAccounts;
      const amount = BigInt(this.roll(300));
      ++this.told.asked;
      try {
        await client.reducers.transfer({ ticket, source, target, amount });
        this.told.confirmed.set(ticket, { source, target, amount });
      } catch (error) {
        assert.equal(error.message, 'not enough');
        this.told.refused.add(ticket);
      }
      if (this.roll(40) === 0) {
        const alarm = this.told.next_ticket++;
        await client.reducers.setAlarm({ ticket: alarm, delay: new TimeDuration(BigInt(this.roll(200_000))) });
        this.told.alarms.add(alarm);
      }
    }
  }

  async weighings(client) {
    while (!this.stopped) {
      assert.equal(await client.procedures.weigh({}), BigInt(kAccounts) * kStart, 'the sum inside a transaction');
      await pause(5);
    }
  }

  /// Load until the seed's moment, then the kill. What is under way is never answered.
  async load(kind) {
    const under_way = [];
    const failures = [];
    const run = (work) => work.catch((error) => {
      if (!this.stopped) failures.push(error);
    });
    for (let i = 0; i < kWorkers; ++i) {
      for (let k = 0; k < kPipeline; ++k) under_way.push(run(this.transfers(this.clients[i])));
    }
    under_way.push(run(this.weighings(this.clients[0])));
    const answers = this.told.confirmed.size + 1 + this.roll(400);
    const end = Date.now() + 20 + this.roll(200);
    while (this.told.confirmed.size < answers && Date.now() < end && failures.length === 0) await pause(0);
    if (kind === 'publish') run(this.server.publish('lobby', { name: `other-${this.told.asked}` }));
    const spin = process.hrtime.bigint() + BigInt(this.roll(3_000_000));
    while (process.hrtime.bigint() < spin);
    const seen = rows(this.watcher.db.transferLine);
    const beats = rows(this.watcher.db.beats)[0].count;
    if (kind === 'stop') {
      this.stopped = true;
      this.server.child.kill('SIGTERM');
      await pause(this.roll(40));
    }
    this.server.child.kill('SIGKILL');
    this.stopped = true;
    await this.server.ended;
    if (failures.length > 0) throw failures[0];
    return { seen, beats };
  }

  check(lines, accounts) {
    const { told } = this;
    const balances = new Array(kAccounts).fill(kStart);
    for (const [, line] of lines) {
      balances[line.source] -= line.amount;
      balances[line.target] += line.amount;
    }
    for (const each of accounts) assert.equal(each.balance, balances[each.id], `account ${each.id} is what the ledger says`);
    assert.equal(accounts.length, kAccounts);
    assert.equal(accounts.reduce((sum, each) => sum + each.balance, 0n), BigInt(kAccounts) * kStart);
    for (const [ticket, asked] of told.confirmed) {
      const line = lines.get(ticket);
      assert.ok(line, `the confirmed transfer ${ticket} is lost`);
      assert.deepEqual([line.source, line.target, line.amount], [asked.source, asked.target, asked.amount]);
    }
    for (const ticket of told.refused) assert.ok(!lines.has(ticket), `the refused transfer ${ticket} is there`);
    assert.ok(lines.size <= told.asked);
  }
}

const picture = (client) => ['account', 'transferLine', 'rung'].map((table) =>
  rows(client.db[table]).map((each) => String(Object.values(each))).sort().join(';')).join('|');

async function one_kill(server, bindings, told, seed) {
  const roll = dice(seed);
  const round = new Round(server, bindings, told, roll);
  await round.connect_all();
  const percent = roll(100);
  const kind = percent < 15 ? 'recovery' : percent < 25 ? 'stop' : percent < 30 ? 'publish' : 'load';
  const { seen, beats } = await round.load(kind);
  if (kind === 'recovery') {
    for (let i = 1 + roll(3); i > 0; --i) {
      const starting = server.run().catch(() => {});
      await pause(roll(60));
      server.child.kill('SIGKILL');
      await server.ended;
      await starting;
    }
  }
  await server.run();
  const after = new Round(server, bindings, told, roll);
  await after.connect_all();
  const { watcher } = after;
  const lines = new Map(rows(watcher.db.transferLine).map((each) => [each.ticket, each]));
  after.check(lines, rows(watcher.db.account));
  for (const each of seen) assert.ok(lines.has(each.ticket), `the transfer ${each.ticket}, once seen, is lost`);
  await until(() => watcher.db.guest.count() === BigInt(kWorkers + 1), 'only those who are here are guests');
  await until(() => rows(watcher.db.beats)[0].count > beats, 'the clock beats on');
  await until(() => {
    const rung = new Set(rows(watcher.db.rung).map((each) => each.ticket));
    return [...told.alarms].every((each) => rung.has(each));
  }, 'every confirmed alarm rings');
  for (const each of rows(watcher.db.rung)) assert.equal(each.times, 1, `the alarm ${each.ticket} rang ${each.times} times`);
  const other = after.clients[0];
  await other.subscribe(kAll);
  await until(() => picture(other) === picture(watcher), 'the clients come to the same rows');
  // What was there without being confirmed is from now on as good as confirmed.
  for (const [ticket, line] of lines) told.confirmed.set(ticket, line);
  await Promise.all(after.clients.map((client) => client.close()));
}

let done = 0;
let confirmed = 0;
let alarms = 0;
const started = Date.now();
while (done < kills) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orrery-kills-'));
  let seed = first_seed + done;
  let server;
  try {
    server = await Server.start({ folder });
    await server.publish('vault', { name: 'vault' });
    const bindings = await bindings_of(server, 'vault');
    const told = new Told();
    for (let i = 0; i < kKillsPerFolder && done < kills; ++i, ++done) {
      seed = first_seed + done;
      await one_kill(server, bindings, told, seed);
    }
    confirmed += told.confirmed.size;
    alarms += told.alarms.size;
    assert.equal(await server.halt(), 0, 'the last of them stops cleanly');
  } catch (error) {
    console.error(`kill ${done} with seed ${seed} (data in ${folder}):`, error);
    server?.child.kill('SIGKILL');
    process.exit(1);
  }
  fs.rmSync(folder, { recursive: true, force: true });
  if (kills > 100) console.log(`${done} kills, ${confirmed} transfers, ${Math.round((Date.now() - started) / 1000)} s`);
}
console.log(`${done} kills, ${confirmed} transfers and ${alarms} alarms kept, ${Math.round((Date.now() - started) / 1000)} s`);
console.log(`${done} passed, 0 failed`);
process.exit(0);
