// The published TypeScript client of SpacetimeDB, unmodified, on `orrery start` with the lobby module.
// Run by tests/host/node/run, which sets ORRERY_PROGRAM and ORRERY_LOBBY.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  DbConnectionBuilder, DbConnectionImpl, procedures, reducerSchema, reducers, schema, t, table,
} from 'spacetimedb';

const tablesSchema = schema({
  visit: table(
    {
      name: 'visit',
      indexes: [{ accessor: 'connection', name: 'visit_connection_idx_btree', algorithm: 'btree', columns: ['connection'] }],
      constraints: [{ name: 'visit_connection_key', constraint: 'unique', columns: ['connection'] }],
    },
    t.row({ connection: t.connectionId().primaryKey(), visitor: t.identity(), arrived: t.timestamp() }),
  ),
  journal: table(
    {
      name: 'journal',
      indexes: [{ accessor: 'id', name: 'journal_id_idx_btree', algorithm: 'btree', columns: ['id'] }],
      constraints: [{ name: 'journal_id_key', constraint: 'unique', columns: ['id'] }],
    },
    t.row({ id: t.u64().primaryKey(), event: t.string(), who: t.identity() }),
  ),
});
const reducersSchema = reducers(reducerSchema('close_lobby', {}), reducerSchema('no_such_thing', {}));
const kModule = {
  versionInfo: { cliVersion: '2.10.1' },
  tables: tablesSchema.schemaType.tables,
  reducers: reducersSchema.reducersType.reducers,
  ...procedures(),
};

let server;
let address;
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'orrery-host-'));

function startServer() {
  return new Promise((resolve, reject) => {
    const child = spawn(process.env.ORRERY_PROGRAM,
      ['start', '--listen-addr', '127.0.0.1:0', '--data-dir', path.join(scratch, 'data')]);
    let text = '';
    child.stderr.on('data', (d) => process.stderr.write(d));
    child.stdout.on('data', (d) => {
      text += d;
      const found = /listening on 127\.0\.0\.1:(\d+)/.exec(text);
      if (found) resolve({ child, address: `127.0.0.1:${found[1]}` });
    });
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${text}`)));
  });
}

function stopServer() {
  return new Promise((resolve) => {
    server.removeAllListeners('exit');
    server.on('exit', (code) => resolve(code));
    server.kill('SIGTERM');
  });
}

async function publish() {
  const response = await fetch(`http://${address}/v1/database/lobby`,
    { method: 'PUT', body: fs.readFileSync(process.env.ORRERY_LOBBY) });
  assert.equal(response.status, 200, await response.text());
}

/// A connection that is open and subscribed to both tables.
function connect({ token, compression = 'gzip', confirmed, queries = ['SELECT * FROM visit', 'SELECT * FROM journal'] } = {}) {
  return new Promise((resolve, reject) => {
    const builder = new DbConnectionBuilder(kModule, (config) => new DbConnectionImpl(config))
      .withUri(`ws://${address}`)
      .withDatabaseName('lobby')
      .withCompression(compression)
      .onConnect((connection, identity, newToken) => {
        connection.subscriptionBuilder()
          .onApplied(() => resolve({ connection, identity, token: newToken }))
          .onError((_ctx, error) => reject(error ?? new Error('the subscription was refused')))
          .subscribe(queries);
      })
      .onConnectError((_ctx, error) => reject(error));
    if (token) builder.withToken(token);
    if (confirmed !== undefined) builder.withConfirmedReads(confirmed);
    builder.build();
  });
}

async function until(condition, what) {
  for (let i = 0; i < 500; ++i) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`never happened: ${what}`);
}

const visits = (client) => [...client.connection.db.visit.iter()];
const events = (client) => [...client.connection.db.journal.iter()].map((line) => line.event);

describe('the TypeScript client', () => {
  before(async () => {
    ({ child: server, address } = await startServer());
    await publish();
  });
  after(async () => {
    assert.equal(await stopServer(), 0, 'the server stops cleanly');
    fs.rmSync(scratch, { recursive: true, force: true });
  });

  test('connects, sees its own row, keeps its identity by its token', async () => {
    const first = await connect();
    assert.equal(visits(first).length, 1);
    assert.ok(visits(first)[0].visitor.isEqual(first.identity));
    assert.ok(events(first).includes('opened'));
    first.connection.disconnect();
    const again = await connect({ token: first.token });
    assert.ok(again.identity.isEqual(first.identity));
    again.connection.disconnect();
  });

  test('sees what other clients do', async () => {
    const alice = await connect();
    await until(() => visits(alice).length === 1, 'the visits of before are over');
    const inserted = [];
    const deleted = [];
    alice.connection.db.visit.onInsert((_ctx, row) => inserted.push(row));
    alice.connection.db.visit.onDelete((_ctx, row) => deleted.push(row));
    const bob = await connect();
    await until(() => inserted.length === 1, 'bob comes');
    assert.ok(inserted[0].visitor.isEqual(bob.identity));
    assert.equal(visits(bob).length, 2);
    bob.connection.disconnect();
    await until(() => deleted.length === 1, 'bob leaves');
    assert.ok(deleted[0].visitor.isEqual(bob.identity));
    alice.connection.disconnect();
  });

  test('a reducer answers its caller when its rows are there', async () => {
    const alice = await connect();
    const bob = await connect();
    await alice.connection.reducers.closeLobby({});
    assert.equal(visits(alice).length, 0);
    await until(() => visits(bob).length === 0, 'bob sees it too');
    await assert.rejects(alice.connection.reducers.noSuchThing({}));
    alice.connection.disconnect();
    bob.connection.disconnect();
  });

  for (const compression of ['none', 'gzip']) {
    for (const confirmed of [true, false]) {
      test(`compression ${compression}, confirmed ${confirmed}`, async () => {
        const client = await connect({ compression, confirmed });
        assert.ok(events(client).length > 0);
        client.connection.disconnect();
      });
    }
  }

  test('many rows, compressed and not', async () => {
    for (let i = 0; i < 30; ++i) {
      const client = await connect();
      client.connection.disconnect();
    }
    const plain = await connect({ compression: 'none' });
    const packed = await connect({ compression: 'gzip' });
    await until(() => events(packed).length === events(plain).length, 'both see the same');
    assert.ok(events(packed).length >= 60);
    plain.connection.disconnect();
    packed.connection.disconnect();
  });

  test('a refused query is an error with its text', async () => {
    await assert.rejects(connect({ queries: ['SELECT * FROM nowhere'] }), /nowhere/);
  });

  test('subscriptions end', async () => {
    const client = await connect();
    await new Promise((resolve, reject) => {
      const handle = client.connection.subscriptionBuilder()
        .onApplied(() => handle.unsubscribeThen(resolve))
        .onError((_ctx, error) => reject(error))
        .subscribe("SELECT * FROM journal WHERE event = 'opened'");
    });
    assert.ok(events(client).includes('opened'), 'the other subscription keeps the row');
    client.connection.disconnect();
  });

  test('data and tokens outlive the server', async () => {
    const before_ = await connect();
    const count = events(before_).length;
    before_.connection.disconnect();
    await stopServer();
    ({ child: server, address } = await startServer());
    const after_ = await connect({ token: before_.token });
    assert.ok(after_.identity.isEqual(before_.identity));
    assert.ok(events(after_).length > count);
    assert.equal(visits(after_).length, 1, 'who was there before is not any more');
    after_.connection.disconnect();
  });
});
