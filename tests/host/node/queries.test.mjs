// Queries that overlap and queries that join: every row is told once, with the right kind of change, and counts stay exact.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { bindings_of } from './bindings.mjs';
import { connect, kinds, pause, record, rows, subscribe, unsubscribe, until } from './client.mjs';
import { Server } from './server.mjs';
import { plain } from './values.mjs';

let server;
let cabinet;
let sieve;
before(async () => {
  server = await Server.start();
  cabinet = await bindings_of(server, await server.publish('cabinet', { name: 'cabinet' }));
  sieve = await bindings_of(server, await server.publish('sieve', { name: 'sieve' }));
});
after(async () => { await server.stop(); });

/// A client of a database that nobody else uses.
async function alone(module, bindings, options) {
  return await connect(server, await server.publish(module), bindings, options);
}

describe('queries', () => {
  test('subscribe-and-cancel', async () => {
    const client = await alone('cabinet', cabinet);
    await client.reducers.putOneU8({ value: 1 });
    const events = [];
    const handle = client.connection.subscriptionBuilder()
      .onApplied(() => events.push('applied')).onError(() => events.push('error')).subscribe('SELECT * FROM one_u_8');
    assert.equal(handle.isActive(), false);
    // This client has sent its request by now: the server answers both, in order, and nothing stays behind.
    await new Promise((resolve) => handle.unsubscribeThen(() => {
      events.push('ended');
      resolve();
    }));
    assert.equal(events.at(-1), 'ended');
    assert.ok(!events.includes('error'));
    assert.ok(handle.isEnded());
    assert.equal(client.db.oneU8.count(), 0n);
    await client.reducers.putOneU8({ value: 2 });
    assert.equal(client.db.oneU8.count(), 0n);
    await client.close();
  });
  test('subscribe-and-unsubscribe', async () => {
    const client = await alone('cabinet', cabinet);
    await client.reducers.putOneU8({ value: 1 });
    const handle = await client.subscribe('SELECT * FROM one_u_8');
    assert.ok(handle.isActive());
    assert.deepEqual(rows(client.db.oneU8), [{ value: 1 }]);
    const told = record(client.db.oneU8);
    await unsubscribe(handle);
    assert.ok(handle.isEnded() && !handle.isActive());
    assert.deepEqual(kinds(told), ['delete']);
    assert.equal(client.db.oneU8.count(), 0n);
    assert.throws(() => handle.unsubscribe(), /already/);
    await client.close();
  });
  test('subscription-error-smoke-test', async () => {
    const client = await alone('cabinet', cabinet);
    const wrong = {
      'SELEKT * FROM one_u_8': /./, 'SELECT * FROM nowhere': /nowhere/, 'SELECT value FROM one_u_8': /./, '': /./,
      'SELECT * FROM one_u_8 WHERE value = true': /./, 'SELECT * FROM one_u_8 LIMIT 1': /./,
      'SELECT one_u_8.* FROM one_u_8 JOIN one_u_16 ON one_u_8.value = one_u_16.value': /./,
    };
    for (const [query, text] of Object.entries(wrong)) await assert.rejects(client.subscribe(query), text, query);
    await client.subscribe('SELECT * FROM one_u_8');  // the connection is as good as before
    await client.close();
  });
  test('subscribe-all-select-star', async () => {
    const database = await server.publish('mint');
    const open = await connect(server, database, await bindings_of(server, database));
    await open.reducers.whisper({ word: 'hidden' });
    const all = await connect(server, database, await bindings_of(server, database, { privates: true }));
    const error = await new Promise((resolve, reject) => {
      const subscriptions = all.connection.subscriptionBuilder.bind(all.connection);
      all.connection.subscriptionBuilder = () => subscriptions().onApplied(reject).onError((_context, e) => resolve(e));
      all.connection.subscriptionBuilder().subscribeToAllTables();
    });
    assert.match(error.message, /no such table: `secret`\. If the table exists, it may be marked private/);
    await all.close();
    await open.subscribe('SELECT * FROM *');
    assert.equal(rows(open.db.said).length, 0);
    await open.close();
  });

  test('row-deduplication', async () => {
    const client = await alone('sieve', sieve);
    await client.subscribe(['SELECT * FROM pebble WHERE pebble.n < 100', 'SELECT * FROM pebble WHERE pebble.n < 200']);
    const told = record(client.db.pebble);
    await client.reducers.putPebble({ n: 24, weight: 1 });
    await client.reducers.putPebble({ n: 42, weight: 1 });
    await client.reducers.dropPebble({ n: 24 });
    await client.reducers.weighPebble({ n: 42, weight: 2 });
    assert.deepEqual(told.map((each) => [each.kind, each.row.n]),
      [['insert', 24], ['insert', 42], ['delete', 24], ['update', 42]]);
    assert.deepEqual(rows(client.db.pebble).map(plain), [{ n: 42, weight: 2 }]);
    await client.close();
  });
  test('row-deduplication-join-r-and-s', async () => {
    const client = await alone('sieve', sieve);
    await client.subscribe(['SELECT * FROM pebble', 'SELECT tag.* FROM tag JOIN pebble ON tag.n = pebble.n']);
    const pebbles = record(client.db.pebble);
    const tags = record(client.db.tag);
    await client.reducers.putPebble({ n: 42, weight: 50 });
    await client.reducers.tagAndWeigh({ n: 42, worth: 9, weight: 100 });
    assert.deepEqual(kinds(pebbles), ['insert', 'update']);
    assert.deepEqual(plain([pebbles[1].before, pebbles[1].row]), [{ n: 42, weight: 50 }, { n: 42, weight: 100 }]);
    assert.deepEqual(tags.map((each) => [each.kind, plain(each.row)]), [['insert', { n: 42, worth: 9 }]]);
    await client.close();
  });
  test('row-deduplication-r-join-s-and-r-joint', async () => {
    const client = await alone('sieve', sieve);
    await client.reducers.putTag({ n: 42, worth: 7 });
    await client.subscribe(['SELECT * FROM pebble', 'SELECT * FROM gravel',
      'SELECT tag.* FROM tag JOIN pebble ON tag.n = pebble.n', 'SELECT tag.* FROM tag JOIN gravel ON tag.n = gravel.n']);
    const [pebbles, gravel, tags] = [record(client.db.pebble), record(client.db.gravel), record(client.db.tag)];
    await client.reducers.putPebble({ n: 42, weight: 7 });
    await client.reducers.crush({ n: 42 });
    assert.deepEqual([kinds(pebbles), kinds(gravel), kinds(tags)], [['insert', 'delete'], ['insert'], ['insert']]);
    assert.equal(client.db.tag.count(), 1n);
    await client.close();
  });
  for (const [row, filter] of [['test-lhs-join-update', ''], ['test-lhs-join-update-disjoint-queries', ' AND t.n != 1']]) {
    test(row, async () => {
      const client = await alone('sieve', sieve);
      await client.subscribe(['SELECT p.* FROM pebble p WHERE n = 1',
        `SELECT p.* FROM pebble p JOIN tag t ON p.n = t.n WHERE t.worth > 0 AND t.worth < 5${filter}`]);
      const told = record(client.db.pebble);
      await client.reducers.putPebble({ n: 1, weight: 0 });
      await client.reducers.putPebble({ n: 2, weight: 0 });
      await client.reducers.putTag({ n: 1, worth: 3 });
      await client.reducers.putTag({ n: 2, worth: 4 });
      await client.reducers.weighPebble({ n: 2, weight: 1 });
      await client.reducers.weighPebble({ n: 2, weight: 0 });
      await client.reducers.weighPebble({ n: 1, weight: 8 });
      assert.deepEqual(told.map((each) => [each.kind, each.row.n, each.row.weight]),
        [['insert', 1, 0], ['insert', 2, 0], ['update', 2, 1], ['update', 2, 0], ['update', 1, 8]]);
      await client.close();
    });
  }
  test('test-intra-query-bag-semantics-for-join', async () => {
    const client = await alone('sieve', sieve);
    await client.subscribe(['SELECT * FROM grain', 'SELECT pebble.* FROM pebble JOIN grain ON pebble.n = grain.n']);
    const told = record(client.db.pebble);
    await client.reducers.putGrains({ pebbles: [], grains: [{ n: 0, weight: 0 }] });
    await client.reducers.putGrains({ pebbles: [{ n: 0, weight: 0 }], grains: [{ n: 0, weight: 1 }] });
    assert.deepEqual(kinds(told), ['insert']);  // it counts twice
    await client.reducers.dropGrains({ grains: [{ n: 0, weight: 0 }] });
    assert.deepEqual(kinds(told), ['insert'], 'one partner is left');
    assert.equal(client.db.pebble.count(), 1n);
    await client.reducers.dropGrains({ grains: [{ n: 0, weight: 1 }] });
    assert.deepEqual(kinds(told), ['insert', 'delete']);
    assert.equal(client.db.grain.count(), 0n);
    await client.close();
  });
  test('overlapping-subscriptions', async () => {
    const client = await alone('cabinet', cabinet);
    await client.reducers.insertKeyU8({ key: 1, data: 5 });
    await client.subscribe(['select * from primary_u_8 where key < 100', 'select * from primary_u_8 where key > 0']);
    assert.equal(client.db.primaryU8.count(), 1n);
    const told = record(client.db.primaryU8);
    await client.reducers.updateKeyU8({ key: 1, data: 1 });
    assert.deepEqual(kinds(told), ['update']);
    assert.deepEqual([told[0].before.data, told[0].row.data], [5, 6]);
    // And as sets of their own, ended one by one.
    const first = await client.subscribe('select * from primary_u_8 where key < 50');
    await unsubscribe(first);
    assert.equal(client.db.primaryU8.count(), 1n);
    await client.reducers.deleteKeyU8({ key: 1 });
    assert.deepEqual(kinds(told), ['update', 'delete']);
    await client.close();
  });
  test('queries: semijoins by the query builder', async () => {
    const client = await alone('sieve', sieve);
    const other = await connect(server, client.wish.socket.url.match(/database\/([^/]+)/)[1], sieve);
    await other.subscribe((tables) => tables.pebble.where((p) => p.weight.lt(10))
      .rightSemijoin(tables.tag, (p, t) => p.n.eq(t.n)).where((t) => t.worth.gt(0)));
    await client.subscribe((tables) => tables.grain.leftSemijoin(tables.pebble, (g, p) => g.n.eq(p.n)));
    await client.reducers.putGrains({ pebbles: [{ n: 1, weight: 1 }, { n: 2, weight: 20 }], grains: [{ n: 1, weight: 4 }, { n: 3, weight: 4 }] });
    await client.reducers.putTag({ n: 1, worth: 1 });
    await client.reducers.putTag({ n: 2, worth: 1 });
    await client.reducers.putTag({ n: 3, worth: 1 });
    assert.deepEqual(rows(client.db.grain).map(plain), [{ n: 1, weight: 4 }]);
    await until(() => other.db.tag.count() === 1n, 'the tag of the light pebble');
    await client.reducers.weighPebble({ n: 2, weight: 2 });
    await until(() => other.db.tag.count() === 2n, 'the pebble became light');
    await client.reducers.weighPebble({ n: 1, weight: 22 });
    await until(() => other.db.tag.count() === 1n, 'the pebble became heavy');
    assert.deepEqual(rows(other.db.tag).map((t) => t.n), [2]);
    await client.reducers.sweep({});
    await until(() => other.db.tag.count() === 0n, 'all is gone');
    await client.close();
    await other.close();
  });

  for (const [row, table, season] of [['pk-simple-enum', 'primarySeason', 'autumn'], ['indexed-simple-enum', 'indexedSeason', 'summer']]) {
    test(row, async () => {
      const client = await alone('cabinet', cabinet);
      await client.subscribe(`SELECT * FROM ${table === 'primarySeason' ? 'primary_season' : 'indexed_season'}`);
      const told = record(client.db[table]);
      const key = { tag: season };
      await client.reducers.insertKeySeason({ key, data: 42 });
      await client.reducers.insertKeySeason({ key: { tag: 'spring' }, data: 1 });
      if (table === 'primarySeason') {
        await client.reducers.updateKeySeason({ key, data: 24 });
        assert.deepEqual(told.map((each) => [each.kind, each.row.key.tag, each.row.data]),
          [['insert', season, 42], ['insert', 'spring', 1], ['update', season, 66]]);
      } else {
        await client.reducers.deleteKeySeason({ key });
        assert.deepEqual(told.map((each) => [each.kind, each.row.key.tag, each.row.data]).slice(4).sort(),
          [['delete', season, 42], ['delete', season, 43]]);
        assert.deepEqual(rows(client.db[table]).map((each) => each.key.tag), ['spring', 'spring']);
      }
      await client.close();
    });
  }

  test('caller-alice-receives-reducer-callback-but-not-bob', async () => {
    const alice = await alone('cabinet', cabinet);
    const bob = await connect(server, alice.wish.socket.url.match(/database\/([^/]+)/)[1], cabinet);
    const seen = await Promise.all([alice, bob].map(async (client) => {
      await client.subscribe('SELECT * FROM one_u_8');
      return record(client.db.oneU8);
    }));
    await alice.reducers.putOneU8({ value: 42 });
    await until(() => seen[1].length === 1, 'bob sees the row');
    assert.equal(seen[0][0].event.tag, 'Reducer');
    assert.equal(seen[1][0].event.tag, 'Transaction');
    await alice.close();
    await bob.close();
  });
  test('test-parameterized-subscription', async () => {
    const database = await server.publish('cabinet');
    const clients = await Promise.all([1, 3].map(async (data) => {
      const client = await connect(server, database, cabinet);
      await client.subscribe('SELECT * FROM primary_identity WHERE key = :sender');
      return { client, data, told: record(client.db.primaryIdentity) };
    }));
    for (const { client, data } of clients) {
      await client.reducers.insertKeyIdentity({ key: client.identity, data });
      await client.reducers.updateKeyIdentity({ key: client.identity, data: 1 });
    }
    for (const { client, data, told } of clients) {
      assert.deepEqual(told.map((each) => [each.kind, each.row.data]), [['insert', data], ['update', data + 1]]);
      assert.ok(told.every((each) => each.row.key.isEqual(client.identity)));
      await client.close();
    }
  });
  test('test-rls-subscription', async () => {
    const database = await server.publish('mint');
    const mint = await bindings_of(server, database);
    const clients = await Promise.all(['Alice', 'Bob'].map(async (name) => {
      const client = await connect(server, database, mint);
      await client.subscribe('SELECT * FROM person');
      return { client, name, told: record(client.db.person) };
    }));
    for (const { client, name } of clients) await client.reducers.introduce({ name, identity: client.identity });
    await pause(50);
    for (const { client, name, told } of clients) {
      assert.deepEqual(told.map((each) => [each.kind, each.row.name]), [['insert', name]]);
      await client.close();
    }
  });
  test('two-different-compression-algos', async () => {
    const database = await server.publish('cabinet');
    const bytes = Uint8Array.from({ length: 1 << 15 }, (_, i) => (i * 2654435761) >>> 13);
    const clients = await Promise.all(['none', 'gzip', 'brotli'].map(async (compression) => {
      const client = await connect(server, database, cabinet, { compression });
      await client.subscribe('SELECT * FROM many_u_8');
      return { client, compression, told: record(client.db.manyU8) };
    }));
    await clients[0].client.reducers.putManyU8({ value: bytes });
    for (const { client, compression, told } of clients) {
      await until(() => told.length === 1, `the bytes by ${compression}`);
      assert.deepEqual(told[0].row.value, bytes);
      assert.equal(client.wish.compressed > 0, compression !== 'none', compression);
      const again = await connect(server, database, cabinet, { compression });
      await subscribe(again, 'SELECT * FROM many_u_8');
      assert.deepEqual(rows(again.db.manyU8)[0].value, bytes);
      await again.close();
      await client.close();
    }
  });
});
