// Many clients at once on one server, for the sanitizers: calls, subscriptions that come and go, sockets that vanish, modules
// published over their clients, databases made and deleted, HTTP beside it all. What must hold is checked all along; at the end
// the server stops cleanly (a sanitizer that has found something makes its exit status another one).
//
// usage: node storm.mjs SECONDS [CLIENTS] [SEED]
import assert from 'node:assert/strict';
import { Auditor } from './audit.mjs';
import { bindings_of } from './bindings.mjs';
import { connect, pause, rows, unsubscribe } from './client.mjs';
import { RawSocket, v2 } from './raw.mjs';
import { module_bytes, Server } from './server.mjs';

const seconds = Number(process.argv[2] ?? 30);
const many = Number(process.argv[3] ?? 16);
let state = Number(process.argv[4] ?? 1);
const roll = (n) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
};
const counts = {};
const count = (what) => { counts[what] = (counts[what] ?? 0) + 1; };

const server = await Server.start();
process.on('uncaughtException', (error) => {
  console.error(error);
  server.child.kill('SIGKILL');
  process.exit(1);
});
const owner = await server.new_identity();
await server.publish('vault', { name: 'vault', token: owner.token });
await server.publish('lookout', { name: 'lookout', token: owner.token });
await server.publish('clockwork', { name: 'clockwork', token: owner.token });
const vault = await bindings_of(server, 'vault');
const lookout = await bindings_of(server, 'lookout');
const clockwork = await bindings_of(server, 'clockwork');
const end = Date.now() + seconds * 1000;
const on = () => Date.now() < end;
let ticket = 1n;

const kQueries = ['SELECT * FROM account', 'SELECT * FROM account WHERE balance > 900', 'SELECT * FROM transfer_line',
  'SELECT a.* FROM account a JOIN transfer_line t ON a.id = t.source WHERE t.ticket < 100'];

/// A client that lives for some actions, of a server that may let it go at any time.
async function banker(i) {
  while (on()) {
    const client = await connect(server, 'vault', vault, {
      confirmed: roll(2) === 0,
      protocols: roll(2) === 0 ? ['v2.bsatn.spacetimedb'] : undefined,
    }).catch(() => undefined);
    if (!client) {
      await pause(20);
      continue;
    }
    count('connections');
    const live = [];
    const gone = () => client.disconnects.length > 0;
    // What is asked of a connection that ends meanwhile is never answered.
    const or_gone = (promise) => Promise.race([promise, (async () => {
      while (!gone()) await pause(50);
    })()]);
    for (let action = 10 + roll(60); action > 0 && on() && !gone(); --action) {
      switch (roll(7)) {
        case 0:
          live.push(await or_gone(client.subscribe(kQueries[roll(3)]).catch(() => undefined)));
          count('subscriptions');
          break;
        case 1: {
          const handle = live.pop();
          if (handle?.isActive()) await or_gone(unsubscribe(handle));
          break;
        }
        case 2:
          assert.ok([32_000n, undefined].includes(await or_gone(client.procedures.weigh({}).catch((error) => {
            // Its module was replaced while it ran.
            assert.match(error.message, /fatal error/);
          }))), 'the sum stays');
          count('procedures');
          break;
        default: {
          const calls = Array.from({ length: 1 + roll(8) }, () => client.reducers.transfer({
            ticket: ticket++, source: roll(32), target: roll(32), amount: BigInt(roll(20)),
          }).catch((error) => assert.match(error.message, /not enough|no such accounts/)));
          await or_gone(Promise.all(calls));
          count('calls');
        }
      }
    }
    if (i % 4 === 0 || gone()) client.connection.disconnect();
    else await client.close();
  }
}

/// Follows each of its query sets by itself, row by row.
async function auditor() {
  while (on()) {
    const audit = await Auditor.open(server, 'vault', { confirmed: roll(2) === 0 }).catch(() => undefined);
    if (!audit) {
      await pause(20);
      continue;
    }
    for (let turn = 0; turn < 50 && on() && !audit.gone; ++turn) {
      const live = [...audit.sets.keys()];
      for (let i = roll(6); i >= 0; --i) {
        const dice = roll(6);
        if (dice === 0 && live.length < 6) audit.subscribe([kQueries[roll(4)], ...(roll(3) === 0 ? [kQueries[roll(4)]] : [])]);
        else if (dice === 1 && live.length > 0) audit.unsubscribe(live.splice(roll(live.length), 1)[0]);
        else audit.send((request) => v2.transfer(request, ticket++, roll(32), roll(32), BigInt(roll(20))));
      }
      if (!(await audit.settle(60_000))) break;
      count('audits');
    }
    audit.raw.vanish();
  }
}

async function sailor() {
  while (on()) {
    const client = await connect(server, 'lookout', lookout).catch(() => undefined);
    if (!client) continue;
    const gone = () => client.disconnects.length > 0;
    const or_gone = (promise) => Promise.race([promise.catch(() => {}), (async () => {
      while (!gone()) await pause(50);
    })()]);
    await or_gone(client.subscribe(['SELECT * FROM me', 'SELECT * FROM my_watches', 'SELECT * FROM awake_sailors', 'SELECT * FROM on_watch']));
    await or_gone(client.reducers.signOn({ name: 'x' }));
    for (let i = 0; i < 10 && on() && !gone(); ++i) {
      await or_gone(client.reducers.wake({ awake: i % 2 === 0 }));
      await or_gone(client.reducers.standWatch({ who: BigInt(1 + roll(9)), hour: roll(24) }));
    }
    await or_gone(client.reducers.signOff({}));
    count('sailors');
    client.connection.disconnect();
  }
}

/// Asks and is gone before the answers.
async function vanisher() {
  while (on()) {
    // Only here with compression: the published client takes a plain message before a compressed one that came earlier.
    const raw = await RawSocket.open(server, 'vault', {
      protocol: ['v1.bsatn.spacetimedb', 'v2.bsatn.spacetimedb', 'v3.bsatn.spacetimedb'][roll(3)],
      query: `compression=${['None', 'Gzip', 'Brotli'][roll(3)]}&confirmed=${roll(2) === 0}`,
    }).catch(() => undefined);
    if (raw?.status === 101) {
      raw.send(v2.subscribe(1, 1, kQueries));
      for (let i = roll(20); i > 0; --i) raw.send(v2.transfer(2 + i, ticket++, roll(32), roll(32), 1n));
      if (roll(2) === 0) await pause(roll(30));
      raw.vanish();
      count('vanished');
    }
    await pause(roll(20));
  }
}

async function browser() {
  const ask = async (route, options) => {
    const response = await server.http(route, options).catch(() => undefined);
    await response?.text();
    count('requests');
    return response?.status;
  };
  const post = (body, token) => ({ method: 'POST', body, token, headers: { 'content-type': 'application/json' } });
  while (on()) {
    await ask(`database/vault/call/transfer`, post(JSON.stringify([Number(ticket++), roll(32), roll(32), 1])));
    await ask('database/vault/sql', post('SELECT SUM(balance) FROM account', owner.token));
    await ask('database/lookout/sql', post('SELECT * FROM awake_sailors'));
    await ask('database/vault/logs?num_lines=20', { token: owner.token });
    await ask('database/vault/schema?version=9');
    await ask('identity', { method: 'POST' });
    await ask('metrics');
    await ask('database/vault/call/weigh', post('[]'));
    await ask('database/clockwork/call/remind_every', post(JSON.stringify(['tick', { __time_duration_micros__: 5000 + roll(5000) }])));
    await ask('database/clockwork/call/stop_all', post('[]'));
  }
}

/// The same program with another hash.
function changed(module, mark) {
  const name = Buffer.from(`mark${mark}`);
  return Buffer.concat([module_bytes(module), Buffer.from([0, name.length + 1, name.length]), name]);
}

async function publisher() {
  for (let i = 0; on(); ++i) {
    await pause(300 + roll(900));
    // The audited one too: its subscriptions must not miss a row for it.
    const module = ['vault', 'lookout', 'clockwork'][roll(3)];
    const response = await server.http(`database/${module}`, { method: 'PUT', body: changed(module, i), token: owner.token });
    assert.equal(response.status, 200, await response.text());
    count('published');
    const name = `passing-${i}`;
    await (await server.http(`database/${name}`, { method: 'PUT', body: module_bytes('clockwork'), token: owner.token })).text();
    const client = await connect(server, name, clockwork).catch(() => undefined);
    client?.reducers.remindEvery({ text: 'x', interval: { __time_duration_micros__: 1000n } }).catch(() => {});
    await (await server.http(`database/${name}`, { method: 'DELETE', token: owner.token })).text();
    client?.connection.disconnect();
  }
}

const work = [publisher(), browser(), browser(), vanisher(), vanisher(), sailor(), sailor(), auditor(), auditor(), auditor()];
for (let i = 0; i < many; ++i) work.push(banker(i));
await Promise.all(work);
const last = await connect(server, 'vault', vault);
await last.subscribe(['SELECT * FROM account', 'SELECT * FROM transfer_line']);
const balances = new Array(32).fill(1000n);
for (const line of rows(last.db.transferLine)) {
  balances[line.source] -= line.amount;
  balances[line.target] += line.amount;
}
for (const each of rows(last.db.account)) assert.equal(each.balance, balances[each.id]);
await last.close();
assert.ok(counts.calls > 0 && counts.subscriptions > 0 && counts.vanished > 0 && counts.published > 0, JSON.stringify(counts));
await server.stop();
assert.doesNotMatch(server.errors, /Sanitizer/);
console.log(Object.entries(counts).map(([what, n]) => `${what} ${n}`).join(', '));
console.log('1 passed, 0 failed');
process.exit(0);
