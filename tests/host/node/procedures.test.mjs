// Procedures: what they return, what they store, what runs while they wait, and that they run by schedule.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { TimeDuration, Timestamp } from 'spacetimedb';
import { bindings_of } from './bindings.mjs';
import { connect, kinds, pause, record, rows, until } from './client.mjs';
import { Server } from './server.mjs';
import { plain } from './values.mjs';

let server;
before(async () => { server = await Server.start({ args: ['--allow-http', '127.0.0.1', '--allow-http', 'foo.invalid'] }); });
after(async () => { await server.stop(); });

async function open(module) {
  const database = await server.publish(module);
  const bindings = await bindings_of(server, database);
  const client = await connect(server, database, bindings);
  await client.subscribe(Object.values(bindings.tables).map((each) => `SELECT * FROM "${each.sourceName}"`));
  return Object.assign(client, { database, bindings });
}

describe('procedures', () => {
  let courier;
  before(async () => { courier = await open('courier'); });
  after(async () => { await courier.close(); });

  test('procedure-return-values', async () => {
    const { procedures } = courier;
    assert.equal(await procedures.addWeights({ left: 1, right: 4_000_000_000 }), 4_000_000_001);
    assert.deepEqual(plain(await procedures.wrap({ weight: 3, label: 'tea' })), { weight: 3, label: 'tea' });
    assert.deepEqual(plain(await procedures.judge({ parcel: { weight: 3, label: 'tea' } })), { tag: 'accepted', value: 3 });
    assert.deepEqual(plain(await procedures.judge({ parcel: { weight: 300, label: 'tea' } })),
      { tag: 'refused', value: 'too heavy: tea' });
    assert.equal((await procedures.repeat({ parcel: { weight: 1, label: '' }, times: 200 })).length, 200);
    assert.equal(await procedures.whoAmI({}), courier.identity.toHexString());
    assert.deepEqual(await procedures.storeWhenOk({ weight: 0 }), 0);
  });
  test('procedure-observe-panic', async () => {
    await assert.rejects(courier.procedures.dropIt({}), (error) => {
      assert.match(String(error), /\S/);
      return true;
    });
    assert.equal(await courier.procedures.addWeights({ left: 2, right: 2 }), 4);
  });
  test('insert-with-tx-commit', async () => {
    const told = record(courier.db.shelf);
    const stored = await courier.procedures.storeOne({});
    assert.deepEqual(kinds(told), ['insert'], 'the row was told before the result');
    assert.deepEqual(plain(told[0].row.parcel), { weight: 42, label: 'committed' });
    assert.equal(told[0].event.tag, 'Transaction');
    assert.equal(stored, courier.db.shelf.count());
  });
  test('insert-with-tx-rollback', async () => {
    const told = record(courier.db.shelf);
    assert.equal(await courier.procedures.storeNone({}), courier.db.shelf.count());
    assert.deepEqual(told, []);
    assert.ok(await courier.procedures.storeWhenOk({ weight: 9 }) > 0);
    assert.deepEqual(told.map((each) => plain(each.row.parcel)), [{ weight: 9, label: 'kept' }]);
  });
  test('procedures: a thousand ordered stamps in one transaction', async () => {
    const told = record(courier.db.stamp);
    await courier.procedures.stampMany({ count: 1000 });
    assert.equal(told.length, 1000);
  });
  test('procedures: sleep as long as asked', async () => {
    const slept = await courier.procedures.nap({ length: new TimeDuration(50_000n) });
    assert.ok(slept.micros >= 50_000n && slept.micros < 5_000_000n);
  });
  test('procedure-http-ok', async () => {
    const away = await open('courier');
    const url = `http://${server.address}/v1/database/${away.database}/schema?version=9`;
    const text = await away.procedures.fetch({ url });
    assert.match(text, /^200 /);
    const definition = JSON.parse(text.slice(4));
    assert.ok(definition.misc_exports.some((each) => each.Procedure?.name === 'fetch'));
    // Who is not in the list is not asked; the module is told so.
    assert.match(await away.procedures.fetch({ url: 'http://localhost/' }), /^error: .*refused/);
    await away.close();
  });
  test('procedure-http-err', async () => {
    const text = await courier.procedures.fetch({ url: 'http://foo.invalid/' });
    assert.match(text, /error/);
    assert.match(text, /foo\.invalid/);
    assert.match(await courier.procedures.postInsideTransaction({ url: 'http://foo.invalid/' }), /transaction/i);
  });
  test('schedule-procedure', async () => {
    const clockwork = await open('clockwork');
    const told = record(clockwork.db.rung);
    const start = Date.now();
    await clockwork.reducers.sendErrand({ weight: 7, delay: new TimeDuration(1_000_000n) });
    assert.deepEqual(told, []);
    await until(() => told.length === 1, 'the errand is run');
    const took = Date.now() - start;
    assert.ok(took >= 990, `${took} ms`);
    assert.match(told[0].row.text, /^errand 7 /);
    await pause(100);
    assert.equal(told.length, 1);
    await clockwork.close();
  });
  test('procedures: schedules ring at intervals, and not after a failure', async () => {
    const clockwork = await open('clockwork');
    const told = record(clockwork.db.rung);
    await assert.rejects(clockwork.reducers.remindAndFail({ text: 'never' }), { message: 'this reminder must never ring' });
    await clockwork.reducers.remindEvery({ text: 'tick', interval: new TimeDuration(20_000n) });
    await until(() => told.length >= 4, 'it ticks');
    await clockwork.reducers.stopAll({});
    const count = rows(clockwork.db.rung).length;
    await pause(100);
    assert.ok(rows(clockwork.db.rung).length <= count + 1);
    assert.ok(told.every((each) => each.row.text === 'tick' && each.row.bySchedule));
    assert.ok(told[0].row.at instanceof Timestamp);
    await clockwork.close();
  });
});

describe('procedures beside reducers', () => {
  const steps = (client) => rows(client.db.step).sort((a, b) => a.number - b.number).map((each) => each.who);
  test('procedure-reducer-interleaving', async () => {
    const client = await open('tides');
    const other = await connect(server, client.database, client.bindings);
    await other.subscribe('SELECT * FROM step');
    other.db.step.onInsert((_context, row) => {
      if (row.who === 'procedure before') other.reducers.wade({});
    });
    await client.procedures.linger({});
    assert.deepEqual(steps(client), ['procedure before', 'reducer', 'procedure after']);
    await until(() => other.db.step.count() === 3n, 'the other sees the same');
    assert.deepEqual(steps(other), steps(client));
    await other.close();
    await client.close();
  });
  test('procedure-reducer-same-client-interleaved', async () => {
    const client = await open('tides');
    let called;
    client.db.step.onInsert((_context, row) => {
      if (row.who === 'procedure before') called = client.reducers.wade({});
    });
    await client.procedures.linger({});
    await called;
    assert.deepEqual(steps(client), ['procedure before', 'reducer', 'procedure after']);
    await client.close();
  });
  test('procedure-concurrent-with-scheduled-reducer', async () => {
    const client = await open('tides');
    await client.procedures.raiseOne({});
    assert.deepEqual(steps(client), ['procedure before', 'scheduled reducer', 'procedure after']);
    await client.close();
  });
  test('scheduled-procedure-scheduled-reducer-not-interleaved', async () => {
    const client = await open('tides');
    await client.reducers.raiseBoth({});
    await until(() => client.db.step.count() === 3n, 'both have run');
    // The reducer was due while the procedure slept between its two steps, and waited: scheduled functions run one by one.
    assert.deepEqual(steps(client), ['scheduled procedure before', 'scheduled procedure after', 'scheduled reducer']);
    await client.close();
  });
});
