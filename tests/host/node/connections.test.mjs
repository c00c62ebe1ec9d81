// Connections: the protocol that is negotiated, identities and tokens, coming back, and what each way of speaking tells.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { bindings_of } from './bindings.mjs';
import { connect, kinds, kV2, kV3, pause, record, rows, unsubscribe, until } from './client.mjs';
import { Server } from './server.mjs';

let server;
let vault;
let database;
before(async () => {
  server = await Server.start();
  database = await server.publish('vault', { name: 'vault' });
  vault = await bindings_of(server, database);
});
after(async () => { await server.stop(); });

const kAll = ['SELECT * FROM account', 'SELECT * FROM transfer_line'];
let ticket = 1000n;
const transfer = (client, source, target, amount) =>
  client.reducers.transfer({ ticket: ticket++, source, target, amount: BigInt(amount) });
const sum = (client) => rows(client.db.account).reduce((total, each) => total + each.balance, 0n);

describe('connections', () => {
  for (const [name, protocols] of [[kV3, undefined], [kV2, [kV2]], [kV3, [kV2, kV3]]]) {
    test(`connections: ${name} is negotiated of ${protocols ?? 'what the client offers'}`, async () => {
      const client = await connect(server, database, vault, { protocols });
      assert.deepEqual([...client.wish.offered], [kV3, kV2]);
      assert.equal(client.protocol, name);
      const handle = await client.subscribe(kAll);
      const told = record(client.db.account);
      await transfer(client, 1, 2, 1);
      assert.deepEqual(kinds(told), ['update', 'update']);
      await Promise.all(Array.from({ length: 200 }, (_, i) => transfer(client, i % 8, 8 + (i % 8), 1)));
      assert.equal(sum(client), 32_000n);
      await unsubscribe(handle);
      assert.equal(client.db.account.count(), 0n);
      await client.close();
    });
  }
  test('connections: v2 and v3 clients see the same', async () => {
    const clients = await Promise.all([[kV2], [kV3]].map((protocols) => connect(server, database, vault, { protocols })));
    assert.deepEqual(clients.map((each) => each.protocol), [kV2, kV3]);
    for (const client of clients) await client.subscribe(kAll);
    await Promise.all(Array.from({ length: 300 }, (_, i) => transfer(clients[i % 2], i % 32, (i * 7 + 1) % 32, 1).catch(() => {})));
    const picture = (client) => rows(client.db.account).map((each) => `${each.id}=${each.balance}`).sort().join();
    await until(() => picture(clients[0]) === picture(clients[1]) &&
      clients[0].db.transferLine.count() === clients[1].db.transferLine.count(), 'they agree');
    for (const client of clients) await client.close();
  });
  for (const compression of ['none', 'gzip', 'brotli']) {
    for (const protocols of [[kV2], [kV3]]) {
      test(`connections: ${compression} with ${protocols}`, async () => {
        const plain = await connect(server, database, vault);
        await plain.subscribe(kAll);
        for (let i = 0; i < 40; ++i) await transfer(plain, 3, 4, 1);
        const client = await connect(server, database, vault, { compression, protocols });
        await client.subscribe(kAll);
        const text = (each) => JSON.stringify(rows(each.db.transferLine).map((row) => String(Object.values(row))).sort());
        assert.equal(text(client), text(plain));
        assert.equal(client.wish.compressed > 0, compression !== 'none');
        await plain.close();
        await client.close();
      });
    }
  }
  test('connections: confirmed or not, light or not', async () => {
    for (const options of [{ confirmed: true }, { confirmed: false }, { light: true }, { light: true, protocols: [kV2] }]) {
      const client = await connect(server, database, vault, options);
      await client.subscribe(kAll);
      const other = await connect(server, database, vault, options);
      const told = record(client.db.account);
      await transfer(other, 5, 6, 1);
      await until(() => told.length === 2, 'both accounts change');
      await client.close();
      await other.close();
    }
  });
  test('reauth', async () => {
    const first = await connect(server, database, vault);
    const second = await connect(server, database, vault, { token: first.token });
    assert.ok(second.identity.isEqual(first.identity));
    assert.ok(!second.connection_id.isEqual(first.connection_id));
    const stranger = await connect(server, database, vault);
    assert.ok(!stranger.identity.isEqual(first.identity));
    const response = await server.http(`identity/${first.identity.toHexString()}/verify`, { token: first.token });
    assert.equal(response.status, 204);
    await Promise.all([first, second, stranger].map((each) => each.close()));
  });
  test('reconnect-different-connection-id', async () => {
    const first = await connect(server, database, vault);
    await first.close();
    assert.deepEqual(first.disconnects, [{ active: false, error: undefined }]);
    const again = await connect(server, database, vault, { token: first.token });
    assert.ok(!again.connection_id.isEqual(first.connection_id));
    await again.close();
  });
  test('connect-disconnect-callbacks', async () => {
    const name = await server.publish('lobby');
    const lobby = await bindings_of(server, name);
    const first = await connect(server, name, lobby);
    await first.subscribe(['SELECT * FROM visit', 'SELECT * FROM journal']);
    assert.ok(rows(first.db.visit).some((each) => each.connection.isEqual(first.connection_id)));
    await first.close();
    const again = await connect(server, name, lobby, { token: first.token });
    await again.subscribe(['SELECT * FROM visit', 'SELECT * FROM journal']);
    const left = () => rows(again.db.journal).filter((each) => each.event === 'left' && each.who.isEqual(first.identity));
    await until(() => left().length === 1, 'the first connection has left');
    assert.ok(rows(again.db.visit).every((each) => !each.connection.isEqual(first.connection_id)));
    await again.close();
  });
  test('connections: a second client sees inserts, updates and deletes', async () => {
    const name = await server.publish('sieve');
    const sieve = await bindings_of(server, name);
    const [one, two] = await Promise.all([connect(server, name, sieve), connect(server, name, sieve)]);
    await two.subscribe('SELECT * FROM pebble');
    const told = record(two.db.pebble);
    await one.reducers.putPebble({ n: 1, weight: 1 });
    await one.reducers.weighPebble({ n: 1, weight: 2 });
    await one.reducers.dropPebble({ n: 1 });
    await until(() => told.length === 3, 'all three');
    assert.deepEqual(kinds(told), ['insert', 'update', 'delete']);
    await one.close();
    await two.close();
  });
  test('connections: calls that cannot be are errors, and the connection goes on', async () => {
    const client = await connect(server, database, vault);
    await assert.rejects(transfer(client, 1, 1, 5), { name: 'SenderError', message: 'no such accounts' });
    await assert.rejects(transfer(client, 1, 2, 5_000_000), { name: 'SenderError', message: 'not enough' });
    await assert.rejects(client.connection.callReducer('nothing_of_the_kind', new Uint8Array()), { name: 'InternalError' });
    await assert.rejects(client.connection.callReducer('transfer', new Uint8Array([1, 2, 3])), { name: 'InternalError' });
    await assert.rejects(client.connection.callReducer('open_vault', new Uint8Array()), { name: 'InternalError' });
    await assert.rejects(client.connection.callProcedure('nothing_of_the_kind', new Uint8Array()));
    await transfer(client, 1, 2, 1);
    await client.close();
  });
  test('connections: a wrong token and a database that is not there', async () => {
    await assert.rejects(connect(server, database, vault, { token: 'no.such.token' }), /verify token/);
    await assert.rejects(connect(server, 'no-such-database', vault), /./);
  });
  test('connections: a database that is published anew or deleted', async () => {
    const owner = await server.new_identity();
    const name = await server.publish('vault', { name: 'short-lived', token: owner.token });
    const client = await connect(server, name, vault);
    await client.subscribe(kAll);
    await server.publish('vault', { name, token: owner.token });
    await pause(50);
    const survivor = client.disconnects.length === 0 ? client : await connect(server, name, vault, { token: client.token });
    if (survivor !== client) await survivor.subscribe(kAll);
    await transfer(survivor, 1, 2, 3);
    assert.equal(sum(survivor), 32_000n);
    assert.equal((await server.http(`database/${name}`, { method: 'DELETE', token: owner.token })).status, 200);
    await until(() => survivor.disconnects.length === 1, 'its clients are let go');
  });
  test('connections: the server stops and comes again with everything', async () => {
    const own = await Server.start();
    const name = await own.publish('vault');
    const client = await connect(own, name, vault);
    await client.subscribe(kAll);
    for (let i = 0; i < 20; ++i) await transfer(client, i, i + 1, 1);
    const before_ = rows(client.db.account).map((each) => `${each.id}=${each.balance}`).sort();
    await own.halt();
    await until(() => client.disconnects.length === 1, 'the client is told');
    await own.run();
    const again = await connect(own, name, vault, { token: client.token });
    assert.ok(again.identity.isEqual(client.identity));
    assert.ok(!again.connection_id.isEqual(client.connection_id));
    await again.subscribe([...kAll, 'SELECT * FROM beats']);
    assert.deepEqual(rows(again.db.account).map((each) => `${each.id}=${each.balance}`).sort(), before_);
    const [{ count }] = rows(again.db.beats);
    await until(() => rows(again.db.beats)[0].count > count, 'its schedules go on');
    await again.close();
    await own.stop();
  });
});
