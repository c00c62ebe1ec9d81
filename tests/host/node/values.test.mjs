// Every type of column in every role, seen by a client: as a value, in lists and options, as a unique, primary or plain key.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { TimeDuration, Timestamp } from 'spacetimedb';
import { bindings_of } from './bindings.mjs';
import { connect, kinds, record, rows, until } from './client.mjs';
import { Server } from './server.mjs';
import { capital, kEverything, kKeys, kValues, plain } from './values.mjs';

let server;
before(async () => { server = await Server.start(); });
after(async () => { await server.stop(); });

/// A new database of the module and a client of it that sees all its tables.
async function open(module, options) {
  const database = await server.publish(module);
  const bindings = await bindings_of(server, database);
  const client = await connect(server, database, bindings, options);
  await client.subscribe(Object.values(bindings.tables).map((each) => `SELECT * FROM "${each.sourceName}"`));
  return { database, bindings, client };
}

/// Each value by its own call; the row that comes must be that value, told by the reducer's own event.
async function put_all(client, table, reducer, values) {
  const told = record(client.db[table]);
  const seen = new Set();
  for (const value of values) {
    await client.reducers[reducer]({ value });
    const key = JSON.stringify(plain(value), (_k, v) => (typeof v === 'bigint' ? `${v}n` : v)) ?? 'undefined';
    if (seen.has(key)) continue;
    seen.add(key);
    const last = told.at(-1);
    assert.equal(last?.kind, 'insert', `${table} tells of ${key}`);
    assert.deepEqual(plain(last.row.value), plain(value));
    assert.equal(last.event.tag, 'Reducer');
    assert.deepEqual(plain(last.event.value.reducer.args), plain({ value }));
  }
  assert.equal(client.db[table].count(), BigInt(seen.size));
}

describe('values', () => {
  let cabinet;
  let mint;
  before(async () => {
    cabinet = await open('cabinet');
    mint = await open('mint');
  });
  after(async () => {
    await cabinet.client.close();
    await mint.client.close();
  });
  const single = (row, names) => test(row, async () => {
    for (const name of names) {
      await put_all(cabinet.client, `one${capital(name)}`, `putOne${capital(name)}`, kValues[name]);
    }
  });

  single('insert-primitive', ['u8', 'u16', 'u32', 'u64', 'u128', 'u256', 'i8', 'i16', 'i32', 'i64', 'i128', 'i256', 'bool',
    'f32', 'f64', 'string']);
  single('insert-identity', ['identity']);
  single('insert-connection-id', ['connection']);
  single('insert-timestamp', ['timestamp', 'duration']);
  single('insert-uuid', ['uuid']);
  single('insert-struct', ['point', 'packed', 'everything']);
  single('insert-simple-enum', ['season']);
  single('insert-enum-with-payload', ['shape']);
  test('insert-vec', async () => {
    for (const [name, values] of Object.entries(kValues)) {
      await put_all(cabinet.client, `many${capital(name)}`, `putMany${capital(name)}`, [[], values]);
    }
  });
  test('insert-option-some', async () => {
    for (const [name, values] of Object.entries(kValues)) {
      if (name === 'nested') continue;  // this client cannot tell no option from an option of none
      await put_all(cabinet.client, `maybe${capital(name)}`, `putMaybe${capital(name)}`, values);
    }
  });
  test('insert-option-none', async () => {
    for (const name of Object.keys(kValues)) {
      const told = record(cabinet.client.db[`maybe${capital(name)}`]);
      await cabinet.client.reducers[`putMaybe${capital(name)}`]({ value: undefined });
      assert.deepEqual(told.map((each) => each.row.value), [undefined], name);
    }
  });
  test('values: results of either kind', async () => {
    await put_all(cabinet.client, 'outcomeNumber', 'putOutcomeNumber', [{ ok: -7 }]);
    await put_all(cabinet.client, 'outcomeSame', 'putOutcomeSame', [{ ok: 'right' }, { err: 'wrong' }]);
    await put_all(cabinet.client, 'outcomeEverything', 'putOutcomeEverything', [{ ok: kEverything }]);
    // This client writes an error with the type of the result, so the other errors go by HTTP.
    const told = record(cabinet.client.db.outcomeNumber);
    const response = await server.http(`database/${cabinet.database}/call/put_outcome_number`,
      { method: 'POST', body: '[{"err": "not a number"}]', headers: { 'content-type': 'application/json' } });
    assert.equal(response.status, 200);
    await until(() => told.length === 1, 'the row of the other caller');
    assert.deepEqual(told[0].row.value, { err: 'not a number' });
    assert.equal(told[0].event.tag, 'Transaction');
  });

  test('delete-primitive', async () => {
    for (const name of kKeys) {
      const { client } = cabinet;
      const [key] = kValues[name];
      const tables = ['unique', 'primary', 'indexed'].map((each) => client.db[each + capital(name)]);
      const told = tables.map((each) => record(each));
      await client.reducers[`insertKey${capital(name)}`]({ key, data: 5 });
      assert.deepEqual(told.map(kinds), [['insert'], ['insert'], ['insert', 'insert']], name);
      assert.deepEqual(plain(told[1][0].row), plain({ key, data: 5 }));
      await client.reducers[`deleteKey${capital(name)}`]({ key });
      assert.deepEqual(told.map(kinds), [['insert', 'delete'], ['insert', 'delete'], ['insert', 'insert', 'delete', 'delete']], name);
      assert.deepEqual(plain(told[0][1].row), plain({ key, data: 5 }));
      assert.deepEqual(tables.map((each) => each.count()), [0n, 0n, 0n], name);
    }
  });
  test('update-primitive', async () => {
    for (const name of kKeys) {
      const { client } = cabinet;
      const key = kValues[name].at(-1);
      const unique = record(client.db[`unique${capital(name)}`]);
      const primary = record(client.db[`primary${capital(name)}`]);
      await client.reducers[`insertKey${capital(name)}`]({ key, data: 10 });
      await client.reducers[`updateKey${capital(name)}`]({ key, data: 1 });
      // Without a primary key an update is a delete and an insert.
      assert.deepEqual(kinds(unique).sort(), ['delete', 'insert', 'insert'], name);
      assert.deepEqual(kinds(primary), ['insert', 'update'], name);
      assert.deepEqual(plain([primary[1].before, primary[1].row]), plain([{ key, data: 10 }, { key, data: 11 }]));
      await client.reducers[`deleteKey${capital(name)}`]({ key });
    }
  });
  test('values: queries find every key by its literal', async () => {
    const { client, database, bindings } = cabinet;
    const literals = {
      u8: '255', u64: '18446744073709551615', u128: '340282366920938463463374607431768211455', i8: '127', i64: '9223372036854775807',
      bool: 'false', string: `'${'x'.repeat(3000)}'`, identity: `0x${'f'.repeat(64)}`, connection: `0x${'f'.repeat(32)}`,
      timestamp: "'2025-11-21T21:20:00.000001Z'", uuid: "'0189c2a0-7b1e-7d23-8f45-0123456789ab'",
    };
    for (const [name, literal] of Object.entries(literals)) {
      const key = kValues[name].at(-1);
      await client.reducers[`insertKey${capital(name)}`]({ key, data: 3 });
      const other = await connect(server, database, bindings);
      const table = bindings.tables[`indexed${capital(name)}`].sourceName;
      await other.subscribe(`SELECT * FROM "${table}" WHERE "${table}"."key" = ${literal}`);
      assert.deepEqual(rows(other.db[`indexed${capital(name)}`]).map((row) => row.data).sort(), [3, 4], name);
      await client.reducers[`deleteKey${capital(name)}`]({ key });
      await until(() => other.db[`indexed${capital(name)}`].count() === 0n, `the ${name} key is deleted`);
      await other.close();
    }
  });

  test('values: SQL counts with whole numbers of every width', async () => {
    const { client, database, bindings } = cabinet;
    for (const [name, bits] of [['u64', 64n], ['u128', 128n], ['u256', 256n], ['i128', 127n], ['i256', 255n]]) {
      const most = 2n ** bits - 1n;
      const table = bindings.tables[`indexed${capital(name)}`].sourceName;
      await client.reducers[`insertKey${capital(name)}`]({ key: most, data: 3 });
      const ask = async (what) => (await server.sql(database, `SELECT CAST(${what} AS TEXT) AS x FROM "${table}" WHERE "key" >= ${most - 1n} LIMIT 1`))[0][0];
      const text = (cell) => (Array.isArray(cell) ? cell[1] : cell);
      assert.equal(text(await ask('"key" - 1')), String(most - 1n), name);
      assert.equal(text(await ask('"key" / 3')), String(most / 3n), name);
      assert.equal(text(await ask('MAX("key")')), String(most), name);
      const over = await server.http(`database/${database}/sql`, { method: 'POST', body: `SELECT "key" + 1 FROM "${table}" WHERE "key" = ${most}` });
      assert.equal(over.status, 400);
      assert.match(await over.text(), /Integer overflow in arithmetic operation/);
      await client.reducers[`deleteKey${capital(name)}`]({ key: most });
    }
  });

  const keyed = (row, name, change) => test(row, async () => {
    const { client } = cabinet;
    const key = kValues[name][1];
    const told = record(client.db[`primary${capital(name)}`]);
    const unique = record(client.db[`unique${capital(name)}`]);
    await client.reducers[`insertKey${capital(name)}`]({ key, data: 1 });
    if (change) {
      await client.reducers[`updateKey${capital(name)}`]({ key, data: 4 });
      assert.deepEqual(kinds(told), ['insert', 'update']);
      assert.equal(told[1].row.data, 5);
    }
    await client.reducers[`deleteKey${capital(name)}`]({ key });
    assert.equal(told.at(-1).kind, 'delete');
    assert.equal(unique.at(-1).kind, 'delete');
    assert.deepEqual(plain(told.at(-1).row.key), plain(key));
  });
  keyed('delete-identity', 'identity', false);
  keyed('update-identity', 'identity', true);
  keyed('delete-connection-id', 'connection', false);
  keyed('update-connection-id', 'connection', true);
  keyed('delete-uuid', 'uuid', false);
  keyed('update-uuid', 'uuid', true);

  const minted = (row, name, check) => test(row, async () => {
    const { client } = mint;
    const told = record(client.db[`minted${name}`]);
    await client.reducers[`mint${name}`]({});
    assert.deepEqual(kinds(told), ['insert']);
    check(told[0].row.what, told[0].event.value.timestamp, client);
  });
  minted('insert-caller-identity', 'Caller', (value, _at, client) => assert.ok(value.isEqual(client.identity)));
  minted('insert-caller-connection-id', 'Connection', (value, _at, client) => assert.ok(value.isEqual(client.connection_id)));
  minted('insert-call-timestamp', 'Time', (value, at) => {
    assert.equal(value.microsSinceUnixEpoch, at.microsSinceUnixEpoch);
    assert.ok(Math.abs(Number(value.microsSinceUnixEpoch / 1000n) - Date.now()) < 60_000);
  });
  minted('insert-call-uuid-v4', 'V4', (value) => assert.equal(value.getVersion(), 'V4'));
  minted('insert-call-uuid-v7', 'V7', (value, at) => {
    assert.equal(value.getVersion(), 'V7');
    assert.equal(value.asBigInt() >> 80n, at.microsSinceUnixEpoch / 1000n);
  });
  test('values: a caller owns rows by its identity and by its connection', async () => {
    const { client } = mint;
    for (const name of ['Identity', 'Connection']) {
      const owned = record(client.db[`owned${name}`]);
      const known = record(client.db[`known${name}`]);
      await client.reducers[`own${name}`]({ data: 1 });
      await client.reducers[`change${name}`]({ data: 2 });
      await client.reducers[`disown${name}`]({});
      assert.deepEqual(kinds(owned), ['insert', 'update', 'delete']);
      assert.equal(kinds(known).length, 4);
      assert.ok(owned[0].row.key.isEqual(name === 'Identity' ? client.identity : client.connection_id));
      await assert.rejects(client.reducers[`change${name}`]({ data: 3 }), /nothing to change/);
    }
  });
  test('sorted-uuids-insert', async () => {
    const told = record(mint.client.db.stamp);
    await mint.client.reducers.stampSorted({ count: 1000 });
    assert.equal(told.length, 1000);
    assert.equal(new Set(told.map((each) => each.row.uuid.toString())).size, 1000);
  });
  test('insert-delete-large-table', async () => {
    const told = record(mint.client.db.hoard);
    await mint.client.reducers.storeEverything({ e: kEverything });
    assert.deepEqual(plain(told[0].row), plain(kEverything));
    await mint.client.reducers.discardEverything({ e: kEverything });
    assert.deepEqual(kinds(told), ['insert', 'delete']);
    assert.equal(mint.client.db.hoard.count(), 0n);
    const wide = Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`p${i + 1}`, i]));
    const lines = record(cabinet.client.db.textLine);
    await cabinet.client.reducers.wide({ ...wide, p32: { ok: 255 } });
    assert.deepEqual(plain(lines[0].row), { number: 465, text: '255' });
  });
  test('insert-primitives-as-strings', async () => {
    const told = record(mint.client.db.said);
    const e = { ...kEverything, timestamp: new Timestamp(1_600_000_000_123_456n), duration: new TimeDuration(1_500_000n) };
    await mint.client.reducers.sayEverything({ e });
    assert.deepEqual(told[0].row.words, [
      '255', '65535', '4294967295', String(2n ** 64n - 1n), String(2n ** 128n - 1n), String(2n ** 256n - 1n), '-128', '-32768',
      '-2147483648', String(-(2n ** 63n)), String(-(2n ** 127n)), String(-(2n ** 255n)), 'true', '1.500000', '-2.250000', e.text,
      e.identity.toHexString(), e.connection.toHexString(), '2020-09-13T12:26:40.123456+00:00', '+1.500000',
      '0189c2a0-7b1e-7d23-8f45-0123456789ab',
    ]);
  });

  test('on-reducer', async () => {
    const told = record(cabinet.client.db.oneString);
    await cabinet.client.reducers.putOneString({ value: 'echo' });
    assert.equal(told[0].event.tag, 'Reducer');
    assert.equal(told[0].event.value.reducer.name, 'put_one_string');
    assert.equal(told[0].event.value.outcome.tag, 'Ok');
    assert.deepEqual(told[0].event.value.reducer.args, { value: 'echo' });
    assert.ok(rows(cabinet.client.db.oneString).some((row) => row.value === 'echo'), 'the row is in the cache by then');
  });
  test('fail-reducer', async () => {
    const { client } = cabinet;
    await client.reducers.insertKeyU16({ key: 7, data: 1 });
    const told = record(client.db.primaryU16);
    await assert.rejects(client.reducers.insertKeyU16({ key: 7, data: 2 }), { name: 'SenderError' });
    await assert.rejects(client.reducers.breakUnique({}), { name: 'InternalError' });
    await assert.rejects(client.reducers.failAfterInsert({ why: 'because' }), { name: 'SenderError', message: 'because' });
    await assert.rejects(client.reducers.failBySideDoor({}), { name: 'SenderError', message: 'failed 3 times' });
    await assert.rejects(client.reducers.trapAfterInsert({}), { name: 'InternalError' });
    assert.deepEqual(told, []);
    assert.equal(client.db.pair.count(), 0n);
    assert.deepEqual(rows(client.db.primaryU16).map((row) => row.data), [1]);
    await client.reducers.insertKeyU16({ key: 8, data: 2 });
    assert.deepEqual(kinds(told), ['insert'], 'the connection lives on');
  });
  test('caller-always-notified', async () => {
    assert.equal(await mint.client.reducers.doNothing({}), undefined);
  });
  test('should-fail', async () => {
    // That a check which does not hold is noticed: the harness of this suite on itself.
    await assert.rejects(put_all(cabinet.client, 'oneU32', 'putOneU64', [3n]), assert.AssertionError);
    await assert.rejects(until(() => false, 'this', 0.05), /never happened: this/);
  });
  test('values: generated keys of every integer type', async () => {
    const { client } = cabinet;
    for (const name of ['U8', 'I8', 'U16', 'I16', 'U32', 'I32', 'U64', 'I64', 'U128', 'I128', 'U256', 'I256']) {
      const told = record(client.db[`counted${name}`]);
      for (const text of ['a', 'b', 'c']) await client.reducers[`count${name}`]({ text });
      assert.deepEqual(told.map((each) => [Number(each.row.id), each.row.text]), [[1, 'a'], [2, 'b'], [3, 'c']], name);
    }
    await client.reducers.sellMany({ holders: ['ann', 'bo'] });
    await client.reducers.sell({ holder: 'cy', seat: 40 });
    assert.deepEqual(rows(client.db.ticket).map((row) => row.holder), ['ann', 'bo', 'cy']);
  });
});
