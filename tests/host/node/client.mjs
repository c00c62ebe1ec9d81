// Connections of the published client, with what a test wants to know of them. The client itself is as npm has it; the runtime
// gets a WebSocket that remembers what was negotiated and, where it has none, a stream that reads Brotli.
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { Duplex } from 'node:stream';
import zlib from 'node:zlib';
import { DbConnectionBuilder, DbConnectionImpl, setGlobalLogLevel } from 'spacetimedb';

export const kV2 = 'v2.bsatn.spacetimedb';
export const kV3 = 'v3.bsatn.spacetimedb';

setGlobalLogLevel('warn');

const wishes = new AsyncLocalStorage();
const NativeSocket = globalThis.WebSocket;
globalThis.WebSocket = class extends NativeSocket {
  constructor(url, offered) {
    const wish = wishes.getStore();
    super(url, wish?.protocols ?? offered);
    if (!wish) return;
    wish.socket = this;
    wish.offered = offered;
    wish.compressed = 0;
    this.addEventListener('message', ({ data }) => { wish.compressed += new Uint8Array(data, 0, 1)[0] === 0 ? 0 : 1; });
    this.addEventListener('close', (event) => { wish.close = { code: event.code, reason: event.reason }; });
  }
};
const NativeStream = globalThis.DecompressionStream;
globalThis.DecompressionStream = function stream(format) {
  return format === 'brotli' ? Duplex.toWeb(zlib.createBrotliDecompress()) : new NativeStream(format);
};

/// Far more time than it takes: busy machines are slow.
export async function until(condition, what, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.fail(`never happened: ${what}`);
}

export const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/// Resolves when connected. Compression is off unless asked for: the client unpacks messages side by side, so that a short plain
/// one overtakes a long compressed one that came before it, and its cache is wrong from then on. `protocols`: what to offer instead of what the client would.
export function connect(server, database, bindings, options = {}) {
  const wish = { protocols: options.protocols };
  return new Promise((resolve, reject) => {
    const client = { wish, disconnects: [] };
    const builder = new DbConnectionBuilder(bindings, (config) => new DbConnectionImpl(config))
      .withUri(`ws://${server.address}`)
      .withDatabaseName(database)
      .withCompression(options.compression ?? 'none')
      .onConnect((connection, identity, token) => {
        Object.assign(client, {
          connection, identity, token, connection_id: connection.connectionId, db: connection.db,
          reducers: connection.reducers, procedures: connection.procedures, protocol: wish.socket.protocol,
        });
        resolve(client);
      })
      .onDisconnect((connection, error) => client.disconnects.push({ active: connection.isActive, error }))
      .onConnectError((_context, error) => reject(error instanceof Error ? error : new Error(String(error))));
    if (options.token) builder.withToken(options.token);
    if (options.confirmed !== undefined) builder.withConfirmedReads(options.confirmed);
    if (options.light) builder.withLightMode(true);
    client.subscribe = (queries) => subscribe(client, queries);
    client.close = async () => {
      client.connection.disconnect();
      await until(() => client.disconnects.length > 0, 'the connection ends');
    };
    wishes.run(wish, () => builder.build());
  });
}

/// Resolves with the handle when the rows are there.
export function subscribe(client, queries) {
  return new Promise((resolve, reject) => {
    const handle = client.connection.subscriptionBuilder()
      .onApplied(() => resolve(handle))
      .onError((_context, error) => reject(error))
      .subscribe(queries);
  });
}

export function unsubscribe(handle) {
  return new Promise((resolve) => handle.unsubscribeThen(resolve));
}

export const rows = (table) => [...table.iter()];

/// Everything a table tells from now on, in order: ['insert', row], ['delete', row], ['update', old, new].
export function record(table, { event = false } = {}) {
  const told = [];
  table.onInsert((context, row) => told.push({ kind: 'insert', row, event: context.event }));
  if (!event) {
    table.onDelete((context, row) => told.push({ kind: 'delete', row, event: context.event }));
    table.onUpdate?.((context, before, row) => told.push({ kind: 'update', before, row, event: context.event }));
  }
  return told;
}
export const kinds = (told) => told.map((each) => each.kind);
