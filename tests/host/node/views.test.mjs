// Views: of nobody and of a sender, of rows and of queries, followed as what they read changes; with and without a key.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { Identity } from 'spacetimedb';
import { bindings_of } from './bindings.mjs';
import { connect, kinds, record, rows, until } from './client.mjs';
import { Server } from './server.mjs';
import { plain } from './values.mjs';

let server;
before(async () => { server = await Server.start(); });
after(async () => { await server.stop(); });

/// Clients of a new database, not subscribed to anything.
async function open(module, count = 1) {
  const database = await server.publish(module);
  const bindings = await bindings_of(server, database);
  return await Promise.all(Array.from({ length: count }, () => connect(server, database, bindings)));
}
const close = (clients) => Promise.all(clients.map((client) => client.close()));

describe('views', () => {
  test('view-anonymous-subscribe', async () => {
    const [client] = await open('lookout');
    await client.subscribe('SELECT * FROM awake_sailors');
    const told = record(client.db.awakeSailors);
    await client.reducers.signOnOther({ identity: new Identity(1n), name: 'asleep', awake: false });
    await client.reducers.signOnOther({ identity: new Identity(2n), name: 'awake', awake: true });
    await client.reducers.signOn({ name: 'me' });
    await client.reducers.wake({ awake: true });
    await client.reducers.signOff({});
    assert.deepEqual(told.map((each) => [each.kind, each.row.name]), [['insert', 'awake'], ['insert', 'me'], ['delete', 'me']]);
    await close([client]);
  });
  test('view-anonymous-subscribe-with-query-builder', async () => {
    const [client] = await open('lookout');
    await client.subscribe((tables) => tables.sleepers.where((each) => each.name.ne('nobody')));
    await client.subscribe((tables) => tables.watch.rightSemijoin(tables.sailor, (w, s) => w.sailorId.eq(s.id)));
    const sleepers = record(client.db.sleepers);
    const sailors = record(client.db.sailor);
    await client.reducers.signOnOther({ identity: new Identity(1n), name: 'nobody', awake: false });
    await client.reducers.signOnOther({ identity: new Identity(2n), name: 'two', awake: false });
    assert.deepEqual(sleepers.map((each) => [each.kind, each.row.name]), [['insert', 'two']]);
    await client.reducers.standWatch({ who: 2n, hour: 3 });
    assert.deepEqual(sailors.map((each) => [each.kind, each.row.name]), [['insert', 'two']]);
    await close([client]);
  });
  test('view-non-anonymous-subscribe', async () => {
    const clients = await open('lookout', 2);
    const told = await Promise.all(clients.map(async (client) => {
      await client.subscribe('SELECT * FROM me');
      return record(client.db.me);
    }));
    await clients[0].reducers.signOn({ name: 'first' });
    await clients[1].reducers.signOn({ name: 'second' });
    await clients[0].reducers.wake({ awake: true });
    await clients[1].reducers.signOff({});
    assert.deepEqual(told[1].map((each) => [each.kind, each.row.name]), [['insert', 'second'], ['delete', 'second']]);
    assert.deepEqual(kinds(told[0]).filter((kind) => kind === 'insert').length, 2, 'no key: an update is a delete and an insert');
    assert.ok(told[0].every((each) => each.row.identity.isEqual(clients[0].identity)));
    assert.equal(clients[0].db.me.count(), 1n);
    await close(clients);
  });
  test('view-non-table-return', async () => {
    const [client] = await open('lookout');
    await client.subscribe('SELECT * FROM my_watches');
    const told = record(client.db.myWatches);
    await client.reducers.signOn({ name: 'me' });
    await client.reducers.signOnOther({ identity: new Identity(9n), name: 'other', awake: true });
    await client.reducers.standWatch({ who: 1n, hour: 4 });
    await client.reducers.standWatch({ who: 2n, hour: 5 });
    assert.deepEqual(rows(client.db.myWatches).map(plain), [{ sailorId: 1n, name: 'me', hour: 4 }]);
    await client.reducers.signOff({});
    assert.deepEqual(kinds(told), ['insert', 'delete']);
    await close([client]);
  });
  test('view-non-table-query-builder-return', async () => {
    const [client] = await open('lookout');
    await client.subscribe((tables) => tables.myWatches.where((each) => each.hour.eq(4)));
    const told = record(client.db.myWatches);
    await client.reducers.signOn({ name: 'me' });
    await client.reducers.standWatch({ who: 1n, hour: 3 });
    await client.reducers.standWatch({ who: 1n, hour: 4 });
    await client.reducers.signOff({});
    assert.deepEqual(told.map((each) => [each.kind, each.row.hour]), [['insert', 4], ['delete', 4]]);
    await close([client]);
  });
  test('view-subscription-update', async () => {
    const [first, second] = await open('sieve', 2);
    await first.subscribe('SELECT * FROM neighbours');
    await second.subscribe('SELECT * FROM neighbours');
    const [told, of_second] = [record(first.db.neighbours), record(second.db.neighbours)];
    await first.reducers.walk({ x: 0, y: 0 });
    await second.reducers.walk({ x: 2, y: 2 });
    await until(() => told.length === 1 && of_second.length === 1, 'they see each other');
    await second.reducers.walk({ x: 3, y: 3 });
    await until(() => told.length === 2 && of_second.length === 2, 'they lose sight of each other');
    const at = (each) => [each.kind, each.row.x, each.row.y];
    assert.deepEqual(told.map(at), [['insert', 2, 2], ['delete', 2, 2]]);
    assert.deepEqual(of_second.map(at), [['insert', 0, 0], ['delete', 0, 0]]);
    await close([first, second]);
  });
  test('view-disconnect-does-not-break-sender-updates', async () => {
    const [first, second] = await open('lookout', 2);
    const told = [];
    for (const client of [first, second]) {
      await client.subscribe('SELECT * FROM me');
      told.push(record(client.db.me));
      await client.reducers.signOn({ name: 'x' });
    }
    await second.close();
    assert.equal(second.disconnects[0].error, undefined);
    await first.reducers.signOff({});
    assert.deepEqual(kinds(told[0]), ['insert', 'delete']);
    await close([first]);
  });
  test('views: the code of another module gives other rows, which clients that stay connected are told', async () => {
    const owner = await server.new_identity();
    const database = await server.publish('orchard', { name: 'orchard', token: owner.token });
    const client = await connect(server, database, await bindings_of(server, database));
    const plant = (id, name, season) => client.reducers.plant({ id, name, season });
    await plant(1n, 'cherry', 1);
    await plant(2n, 'apple', 2);
    await client.subscribe(['SELECT * FROM ripe', 'SELECT * FROM ripe_by_query', 'SELECT * FROM fruit']);
    await client.subscribe('SELECT * FROM labels WHERE id = 1');
    const told = Object.fromEntries(['ripe', 'ripeByQuery', 'labels', 'fruit'].map((table) => [table, record(client.db[table])]));
    await server.publish('orchard_later', { name: database, token: owner.token });
    await until(() => told.ripe.length === 2 && told.ripeByQuery.length === 2 && told.labels.length === 1, 'the new rows are told');
    const names = (table) => told[table].map((each) => `${each.kind} ${each.row.name}`).sort();
    assert.deepEqual([names('ripe'), names('ripeByQuery')], [['delete cherry', 'insert apple'], ['delete cherry', 'insert apple']]);
    assert.deepEqual(told.labels.map((each) => [each.kind, each.before.text, each.row.text]),
      [['update', 'cherry is ripe', 'cherry is not ripe']]);
    await plant(3n, 'pear', 2);
    await plant(4n, 'plum', 1);
    assert.deepEqual(rows(client.db.ripe).map((each) => each.name).sort(), ['apple', 'pear'], 'and goes on from there');
    assert.deepEqual(kinds(told.fruit), ['insert', 'insert']);
    assert.equal(client.disconnects.length, 0);
    await client.close();
  });
  test('views: queries that views return', async () => {
    const [client] = await open('lookout');
    await client.subscribe(['SELECT * FROM all_sailors', 'SELECT * FROM on_watch', 'SELECT * FROM mine_by_query',
      'SELECT * FROM first_sailor', 'SELECT * FROM night_watches']);
    await client.reducers.signOn({ name: 'me' });
    await client.reducers.signOnOther({ identity: new Identity(9n), name: 'other', awake: true });
    await client.reducers.standWatch({ who: 2n, hour: 4 });
    await client.reducers.standWatch({ who: 1n, hour: 13 });
    const names = (table) => rows(client.db[table]).map((each) => each.name).sort();
    assert.deepEqual([names('allSailors'), names('onWatch'), names('mineByQuery'), names('firstSailor')],
      [['me', 'other'], ['other'], ['me'], ['me']]);
    assert.deepEqual(rows(client.db.nightWatches).map((each) => each.hour), [4]);
    await client.reducers.signOff({});
    assert.deepEqual([names('allSailors'), names('onWatch'), names('mineByQuery'), names('firstSailor')],
      [['other'], ['other'], [], []]);
    await close([client]);
  });
});

describe('views with a primary key', () => {
  test('view-pk-on-update', async () => {
    const [client] = await open('sieve');
    await client.subscribe('SELECT * FROM everybody');
    const told = record(client.db.everybody);
    await client.reducers.admit({ id: 1n, name: 'before' });
    await client.reducers.renameMember({ id: 1n, name: 'after' });
    assert.deepEqual(kinds(told), ['insert', 'update']);
    assert.deepEqual([told[1].before.name, told[1].row.name], ['before', 'after']);
    await close([client]);
  });
  test('view-pk-join-query-builder', async () => {
    const [client] = await open('sieve');
    await client.subscribe((tables) => tables.rower.rightSemijoin(tables.everybody, (r, m) => r.memberId.eq(m.id)));
    const told = record(client.db.everybody);
    await client.reducers.admit({ id: 1n, name: 'before' });
    await client.reducers.admit({ id: 2n, name: 'never' });
    await client.reducers.enrolRower({ id: 7n, who: 1n });
    await client.reducers.renameMember({ id: 1n, name: 'after' });
    await client.reducers.renameMember({ id: 2n, name: 'still never' });
    assert.deepEqual(told.map((each) => [each.kind, each.row.name]), [['insert', 'before'], ['update', 'after']]);
    await close([client]);
  });
  test('view-pk-semijoin-two-sender-views-query-builder', async () => {
    const [client] = await open('sieve');
    await client.subscribe((tables) => tables.rowing.rightSemijoin(tables.singing, (r, s) => r.id.eq(s.id)));
    const told = record(client.db.singing);
    await client.reducers.admit({ id: 1n, name: 'before' });
    await client.reducers.enrolRower({ id: 7n, who: 1n });
    await client.reducers.enrolSinger({ id: 8n, who: 1n });
    await client.reducers.renameMember({ id: 1n, name: 'after' });
    assert.deepEqual(told.map((each) => [each.kind, each.row.name]), [['insert', 'before'], ['update', 'after']]);
    await close([client]);
  });
  test('sender-scoped-pk-view', async () => {
    const [first, second] = await open('sieve', 2);
    await first.subscribe('SELECT * FROM my_left');
    await second.subscribe('SELECT * FROM my_left');
    const told = [record(first.db.myLeft), record(second.db.myLeft)];
    await first.reducers.putLeft({ id: 1n, mark: 5n });
    await second.reducers.putLeft({ id: 2n, mark: 6n });
    await first.reducers.putLeft({ id: 1n, mark: 7n });
    assert.deepEqual(told[0].map((each) => [each.kind, each.row.mark]), [['insert', 5n], ['update', 7n]]);
    assert.deepEqual(told[1].map((each) => [each.kind, each.row.mark]), [['insert', 6n]]);
    await close([first, second]);
  });
  for (const side of ['left', 'right']) {
    test(`view-pk-${side}-semijoin`, async () => {
      const [first, second] = await open('sieve', 2);
      const told = [];
      for (const client of [first, second]) {
        await client.subscribe((tables) => (side === 'left'
          ? tables.myLeft.leftSemijoin(tables.myRight, (l, r) => l.id.eq(r.id))
          : tables.myRight.rightSemijoin(tables.myLeft, (r, l) => r.id.eq(l.id))));
        told.push(record(client.db.myLeft));
      }
      await first.reducers.putLeft({ id: 1n, mark: 5n });
      await second.reducers.putRight({ id: 1n, mark: 1n });
      assert.deepEqual(told.map(kinds), [[], []], 'the partner is another sender\'s');
      await first.reducers.putRight({ id: 1n, mark: 1n });
      await first.reducers.putLeft({ id: 1n, mark: 6n });
      assert.deepEqual(told[0].map((each) => [each.kind, each.row.mark]), [['insert', 5n], ['update', 6n]]);
      assert.deepEqual(kinds(told[1]), []);
      await close([first, second]);
    });
  }
});
