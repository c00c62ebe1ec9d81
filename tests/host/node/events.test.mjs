// Event tables, whose rows are told and not kept, and rules about who sees which row.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { bindings_of } from './bindings.mjs';
import { connect, pause, record, rows, until } from './client.mjs';
import { Server } from './server.mjs';

let server;
let flare;
before(async () => {
  server = await Server.start();
  flare = await bindings_of(server, await server.publish('flare', { name: 'flare' }));
});
after(async () => { await server.stop(); });

async function open(count = 1, options = {}) {
  const database = await server.publish('flare');
  return await Promise.all(Array.from({ length: count }, async () => {
    const client = await connect(server, database, flare, options);
    await client.subscribe(['SELECT * FROM flare', 'SELECT * FROM note']);
    return Object.assign(client, { database, told: record(client.db.flare, { event: true }), notes: record(client.db.note) });
  }));
}
const close = (clients) => Promise.all(clients.map((client) => client.close()));

describe('event tables', () => {
  test('event-table', async () => {
    const [alice, bob] = await open(2);
    assert.equal(alice.db.flare.count(), 0n);
    await alice.reducers.fire({ color: 'red' });
    await until(() => bob.told.length === 1, 'bob sees the flare');
    for (const client of [alice, bob]) {
      assert.deepEqual(client.told.map((each) => each.row.color), ['red']);
      assert.ok(client.told[0].row.from.isEqual(alice.identity));
      assert.equal(client.db.flare.count(), 0n);
      assert.deepEqual(rows(client.db.flare), []);
    }
    assert.equal(alice.told[0].event.tag, 'Reducer');
    assert.equal(alice.told[0].event.value.reducer.name, 'fire');
    assert.equal(bob.told[0].event.tag, 'Transaction');
    await close([alice, bob]);
  });
  test('multiple-events', async () => {
    const [client] = await open();
    await client.reducers.fireMany({ colors: ['red', 'green', 'blue', 'red'] });
    assert.deepEqual(client.told.map((each) => each.row.color).sort(), ['blue', 'green', 'red', 'red']);
    await client.reducers.fireMany({ colors: [] });
    await client.reducers.fireMany({ colors: ['white'] });
    assert.equal(client.told.length, 5);
    await close([client]);
  });
  test('events-dont-persist', async () => {
    const [client] = await open();
    await client.reducers.fire({ color: 'red' });
    await client.reducers.writeNote({ text: 'a transaction without events', shared: true });
    assert.equal(client.told.length, 1);
    const late = await connect(server, client.database, flare);
    const told = record(late.db.flare, { event: true });
    await late.subscribe('SELECT * FROM flare');
    await pause(30);
    assert.deepEqual([told.length, late.db.flare.count()], [0, 0n]);
    await assert.rejects(client.reducers.fireAndFail({ color: 'black' }), { message: 'a misfire' });
    assert.equal(client.told.length, 1, 'what is rolled back was never fired');
    await close([client, late]);
  });
  test('v1-rejects-event-table', async () => {
    const database = await server.publish('flare');
    const text = await new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://${server.address}/v1/database/${database}/subscribe?compression=None`, ['v1.json.spacetimedb']);
      socket.onerror = reject;
      socket.onopen = () => socket.send(JSON.stringify({ SubscribeMulti:
        { query_strings: ['SELECT * FROM flare'], request_id: 1, query_id: { id: 1 } } }));
      socket.onmessage = ({ data }) => {
        if (!data.includes('Error')) return;
        resolve(data);
        socket.close();
      };
    });
    assert.match(text, /v2/);
    assert.match(text, /pgrade/);
  });
  test('events: filters choose among them', async () => {
    const [client] = await open();
    const picky = await connect(server, client.database, flare);
    const told = record(picky.db.flare, { event: true });
    await picky.subscribe("SELECT * FROM flare WHERE color = 'green'");
    await client.reducers.fireMany({ colors: ['red', 'green', 'blue'] });
    await until(() => told.length === 1, 'the green one');
    assert.deepEqual(told.map((each) => each.row.color), ['green']);
    await close([client, picky]);
  });
  test('events: are not found after a restart', async () => {
    const own = await Server.start();
    const database = await own.publish('flare');
    const bindings = await bindings_of(own, database);
    const client = await connect(own, database, bindings);
    await client.reducers.fire({ color: 'red' });
    await client.reducers.writeNote({ text: 'kept', shared: true });
    await own.halt();
    await own.run();
    const again = await connect(own, database, bindings, { token: client.token });
    await again.subscribe(['SELECT * FROM flare', 'SELECT * FROM note']);
    assert.deepEqual([again.db.flare.count(), again.db.note.count()], [0n, 1n]);
    await again.close();
    await own.stop();
  });
});

describe('row-level security', () => {
  test('rules: everyone sees what is shared and what is its own', async () => {
    const [alice, bob] = await open(2);
    await alice.reducers.writeNote({ text: 'mine', shared: false });
    await alice.reducers.writeNote({ text: 'ours', shared: true });
    await bob.reducers.writeNote({ text: 'his', shared: false });
    await until(() => alice.notes.length === 2 && bob.notes.length === 2, 'both see two');
    const texts = (client) => rows(client.db.note).map((each) => each.text).sort();
    assert.deepEqual([texts(alice), texts(bob)], [['mine', 'ours'], ['his', 'ours']]);
    const late = await connect(server, alice.database, flare, { token: alice.token });
    await late.subscribe('SELECT * FROM note');
    assert.deepEqual(texts(late), ['mine', 'ours']);
    await assert.rejects(late.subscribe('SELECT * FROM diary'), /no such table: `diary`/);
    await close([alice, bob, late]);
  });
  test('rules: do not bind the owner', async () => {
    const owner = await server.new_identity();
    const database = await server.publish('flare', { token: owner.token });
    const writer = await connect(server, database, flare);
    await writer.reducers.writeNote({ text: 'hers', shared: false });
    const client = await connect(server, database, flare, { token: owner.token });
    await client.subscribe(['SELECT * FROM note', 'SELECT * FROM diary'].slice(0, 1));
    assert.equal(client.db.note.count(), 1n);
    await close([writer, client]);
  });
});
