// Names in every casing: what the module calls its things, and what clients call them.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { bindings_of } from './bindings.mjs';
import { connect, kinds, record, rows } from './client.mjs';
import { Server } from './server.mjs';
import { plain } from './values.mjs';

let server;
before(async () => { server = await Server.start(); });
after(async () => { await server.stop(); });

async function open(module) {
  const database = await server.publish(module);
  const bindings = await bindings_of(server, database);
  return Object.assign(await connect(server, database, bindings), { database, bindings });
}

describe('case conversion', () => {
  test('insert-player', async () => {
    const client = await open('casing');
    await client.subscribe('SELECT * FROM Knight1Canonical');
    const told = record(client.db.knight1Canonical);
    await client.reducers.createKnight1({ knight1Name: 'Bors', start2Level: 5 });
    assert.deepEqual(kinds(told), ['insert']);
    assert.deepEqual(plain(told[0].row), { knight1Id: 1, knightName: 'Bors', currentLevel2: 5, rank3Field: { tag: 'squire1' } });
    await client.close();
  });
  test('insert-person', async () => {
    const client = await open('casing');
    await client.subscribe('SELECT * FROM horse_2_table');
    const told = record(client.db.horse2Table);
    await client.reducers.addHorse2({ given3Name: 'Pacer', riderRef: 1, ageValue: 7, speedTotal: 99 });
    assert.deepEqual(plain(told[0].row), { horse2Id: 1, givenName: 'Pacer', riderRef: 1, horseInfo: { ageValue1: 7, speedTotal: 99 } });
    await client.close();
  });
  test('ban-player', async () => {
    const client = await open('casing');
    await client.subscribe('SELECT * FROM Knight1Canonical');
    const told = record(client.db.knight1Canonical);
    await client.reducers.createKnight1({ knight1Name: 'Bors', start2Level: 1 });
    await client.reducers.knightUp1({ knight1Id: 1, year6: 1200 });
    assert.deepEqual(kinds(told), ['insert', 'update']);
    assert.deepEqual(plain(told[1].row.rank3Field), { tag: 'knightedIn', value: 1200 });
    await assert.rejects(client.reducers.knightUp1({ knight1Id: 9, year6: 1 }), { message: 'no such knight' });
    await client.close();
  });
  test('query-builder-filter', async () => {
    const client = await open('casing');
    await client.subscribe((tables) => tables.knight1Canonical.where((each) => each.currentLevel2.eq(2)));
    for (const [knight1Name, start2Level] of [['one', 1], ['two', 2], ['three', 3]]) {
      await client.reducers.createKnight1({ knight1Name, start2Level });
    }
    assert.deepEqual(rows(client.db.knight1Canonical).map((each) => each.knightName), ['two']);
    await client.close();
  });
  test('query-builder-join', async () => {
    const client = await open('casing');
    await client.subscribe((tables) => tables.knight1Canonical
      .rightSemijoin(tables.horse2Table, (k, h) => k.knight1Id.eq(h.riderRef)));
    await client.reducers.createKnight1({ knight1Name: 'rider', start2Level: 1 });
    await client.reducers.addHorse2({ given3Name: 'ridden', riderRef: 1, ageValue: 7, speedTotal: 9 });
    await client.reducers.addHorse2({ given3Name: 'wild', riderRef: 5, ageValue: 7, speedTotal: 9 });
    assert.deepEqual(rows(client.db.horse2Table).map((each) => each.givenName), ['ridden']);
    await client.close();
  });
  test('view', async () => {
    const client = await open('casing');
    await client.subscribe('SELECT * FROM Level2Horse');
    await client.reducers.createKnight1({ knight1Name: 'low', start2Level: 1 });
    await client.reducers.createKnight1({ knight1Name: 'high', start2Level: 2 });
    await client.reducers.addHorse2({ given3Name: 'nag', riderRef: 1, ageValue: 7, speedTotal: 9 });
    await client.reducers.addHorse2({ given3Name: 'steed', riderRef: 2, ageValue: 7, speedTotal: 9 });
    assert.deepEqual(rows(client.db.level2Horse).map((each) => each.givenName), ['steed']);
    await client.close();
  });
  test('names: the names of the source lead to the same tables and columns', async () => {
    const client = await open('casing');
    await client.reducers.createKnight1({ knight1Name: 'two', start2Level: 2 });
    await client.subscribe('SELECT * FROM knight1 WHERE knight1.currentLevel2 = 2');
    assert.equal(client.db.knight1Canonical.count(), 1n);
    for (const text of ['SELECT Knight1Id FROM knight1', 'SELECT knight_1_id FROM "Knight1Canonical" WHERE current_level_2 = 2',
      'SELECT k.Knight1Id FROM knight1 k WHERE k.currentLevel2 = 2 ORDER BY k.Knight1Id']) {
      assert.deepEqual(await server.sql(client.database, text), [[1]], text);
    }
    await client.close();
  });
  test('names: a module that converts nothing', async () => {
    const client = await open('names');
    await client.subscribe(['SELECT * FROM paint_pots_of_record', 'SELECT * FROM paint_events', 'SELECT * FROM red_pots']);
    const events = record(client.db.paintEvents, { event: true });
    await client.reducers.mix({ labelText: 'rust', kind: { tag: 'DeepRed' } });
    await client.reducers.mix({ labelText: 'sky', kind: { tag: 'lightBlue' } });
    assert.deepEqual(rows(client.db.redPots).map((each) => each.Label2 ?? each.label2), ['rust']);
    assert.deepEqual([client.db.paintPotsOfRecord.count(), events.length], [2n, 2]);
    assert.equal(await client.procedures.countPots({}), 2n);
    await client.close();
  });
});
