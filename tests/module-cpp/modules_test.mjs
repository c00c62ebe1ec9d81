// The modules of modules/ on the toy host: definitions against golden files, and what every function does.
//
// usage: node tests/module-cpp/modules_test.mjs <folder of .wasm> [--update]     --update writes the golden files
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Host } from './host.mjs';
import { Reader, Writer, unhex } from './bsatn.mjs';

const [folder, flag] = process.argv.slice(2);
const golden = path.join(path.dirname(fileURLToPath(import.meta.url)), 'golden');
const load = (name, options) => new Host(fs.readFileSync(path.join(folder, `${name}.wasm`)), options);
let passed = 0;
const failures = [];
function test(name, body) {
  try {
    body();
    ++passed;
  } catch (error) {
    failures.push(name);
    console.log(`FAILED: ${name}\n${error.stack.split('\n').slice(0, 24).join('\n')}`);
  }
}
const good = (result) => {
  assert.equal(result.trap, null, JSON.stringify(result.logs));
  assert.equal(result.code, 0, result.message);
  assert.equal(result.leaked_iterators, 0);
  return result;
};
const refused = (result, message) => {
  assert.equal(result.trap, null);
  assert.equal(result.code, 1);
  assert.equal(result.message, message);
};
const json = (value) => JSON.parse(JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each)));
const id = (byte) => ({ __identity__: BigInt(`0x${byte.repeat(32)}`) });

for (const name of ['atlas', 'cabinet', 'clockwork', 'courier', 'flare', 'lobby', 'lookout', 'names']) {
  test(`${name}: definition`, () => {
    const host = load(name);
    const file = path.join(golden, `${name}.json`);
    // One line per item of a section keeps the files readable and their differences small.
    const lines = Object.entries(json(host.definition)).map(([section, items]) => {
      const list = Array.isArray(items) ? `[\n${items.map((each) => JSON.stringify(each)).join(',\n')}\n]` : JSON.stringify(items);
      return `${JSON.stringify(section)}: ${list}`;
    });
    const text = `{\n${lines.join(',\n')}\n}\n`;
    if (flag === '--update') fs.writeFileSync(file, text);
    assert.deepEqual(json(host.definition), JSON.parse(fs.readFileSync(file, 'utf8')));
    const imports = WebAssembly.Module.imports(host.module).filter((each) => !/^spacetime_10\.\d$/.test(each.module));
    assert.deepEqual(imports, []);
    assert.deepEqual(Buffer.from(host.describe()), Buffer.from(host.description), 'a description can be asked for again');
  });
}

test('lobby: lifecycle', () => {
  const host = load('lobby');
  good(host.reducer('open_lobby', [], { connection: new Uint8Array(16) }));
  good(host.reducer('enter'));
  assert.equal(host.rows('visit').length, 1);
  assert.equal(host.rows('visit')[0].arrived.__timestamp_micros_since_unix_epoch__, 1700000000000000n);
  refused(host.reducer('enter', [], { connection: new Uint8Array(16) }), 'a visitor has no connection');
  refused(host.reducer('close_lobby', [], { connection: new Uint8Array(16) }), 'the lobby is closed by people');
  good(host.reducer('leave'));
  assert.equal(host.rows('visit').length, 0);
  assert.deepEqual(host.rows('journal').map((each) => [each.id, each.event]), [[1n, 'opened'], [2n, 'entered'], [3n, 'left']]);
  const [unknown] = [host.reducer_by_id(99, new Uint8Array())];
  assert.equal(unknown.code, -1);
  assert.match(unknown.message, /Invalid reducer ID: 99/);
});

const everything = {
  u8: 255, u16: 65535, u32: 4294967295, u64: 18446744073709551615n, wide_u: 2n ** 128n - 1n, wider_u: 2n ** 256n - 1n,
  i8: -128, i16: -32768, i32: -2147483648, i64: -(2n ** 63n), wide_i: -(2n ** 127n), wider_i: -(2n ** 255n), flag: true,
  f32: 1.5, f64: -0.1, text: 'h\u00e9llo \u{1F30D}', identity: { __identity__: 0xabcn }, connection: { __connection_id__: 0xdefn },
  timestamp: { __timestamp_micros_since_unix_epoch__: -1n }, duration: { __time_duration_micros__: -1500001n },
  uuid: { __uuid__: 0x0123456789abcdef0123456789abcdefn }, schedule: { Time: { __timestamp_micros_since_unix_epoch__: 5n } },
  season: { Autumn: {} }, blank: {},
};
const one = {
  u8: 7, u16: 700, u32: 70000, u64: 7n ** 20n, u128: 7n ** 40n, u256: 7n ** 80n, i8: -7, i16: -700, i32: -70000,
  i64: -(7n ** 20n), i128: -(7n ** 40n), i256: -(7n ** 80n), bool: true, f32: -2.25, f64: 1e300, string: 'seven',
  identity: id('07'), connection: { __connection_id__: 7n }, timestamp: { __timestamp_micros_since_unix_epoch__: 7n },
  duration: { __time_duration_micros__: 7n }, uuid: { __uuid__: 7n }, season: { Winter: {} },
  shape: { Path: [{ x: 1, y: -1 }, { x: 2, y: -2 }] }, point: { x: -3, y: 3 }, packed: { a: 1, b: 2.5, c: 3n },
  everything, nested: { some: [{ some: 1 }, { none: {} }] },
};

test('cabinet: every type as a column, in lists and options, comes back as it went in', () => {
  const host = load('cabinet');
  for (const [name, value] of Object.entries(one)) {
    for (const [kind, values] of [['one', [value]], ['many', [[], [value], [value, value, value]]],
      ['maybe', [{ some: value }, { none: {} }]]]) {
      for (const each of values) good(host.reducer(`put_${kind}_${name}`, [each]));
      assert.deepEqual(host.rows(`${kind}_${name}`).map((row) => row.value), values, `${kind}_${name}`);
    }
  }
  for (const shape of [{ Nothing: {} }, { Dot: { x: 1, y: 2 } }, { Label: 'l' }, { Tinted: { Spring: {} } }, { Size: 2.5 },
    { Owner: id('09') }]) {
    good(host.reducer('put_one_shape', [shape]));
    assert.deepEqual(host.rows('one_shape').at(-1).value, shape);
  }
  for (const value of [{ ok: -5 }, { err: 'no' }]) {
    good(host.reducer('put_outcome_number', [value]));
    assert.deepEqual(host.rows('outcome_number').at(-1).value, value);
  }
  for (const value of [{ ok: everything }, { err: { Summer: {} } }]) {
    good(host.reducer('put_outcome_everything', [value]));
    assert.deepEqual(host.rows('outcome_everything').at(-1).value, value);
  }
  for (const value of [{ ok: 'same' }, { err: 'same' }]) {
    good(host.reducer('put_outcome_same', [value]));
    assert.deepEqual(host.rows('outcome_same').at(-1).value, value);
  }
  good(host.reducer('put_with_blank', [5, {}]));
  good(host.reducer('put_swapped', [1, 2]));
  assert.deepEqual(host.rows('swapped'), [{ second: 2, first: 1 }]);
  assert.deepEqual(Buffer.from([...host.table('swapped').rows.values()][0]).toString('hex'), '0200000001000000');
});

test('cabinet: cut and wrong arguments trap and leave nothing behind', () => {
  const host = load('cabinet');
  const params = host.definition.reducers.find((each) => each.name === 'put_one_everything').params;
  const bytes = host.encode(params, [everything]);
  for (let cut = 0; cut < bytes.length; ++cut) {
    const result = host.reducer('put_one_everything', [], { bytes: bytes.subarray(0, cut) });
    assert.notEqual(result.trap, null, `cut at ${cut}`);
  }
  assert.match(host.reducer('put_one_everything', [], { bytes: bytes.subarray(0, 50) }).logs[0].message, /end too early/);
  for (const [name, wrong] of [['put_one_season', '04'], ['put_one_shape', '07'], ['put_maybe_u8', '02'],
    ['put_outcome_number', '02'], ['put_many_u64', 'ffffffff'], ['put_one_string', 'ffffff7f61']]) {
    assert.notEqual(host.reducer(name, [], { bytes: unhex(wrong) }).trap, null, name);
  }
  assert.equal(host.rows('one_everything').length, 0);
  good(host.reducer('put_one_u8', [1]));
});

test('cabinet: every type as a unique, primary and plain key', () => {
  const host = load('cabinet');
  const other = {
    u8: 8, u16: 8, u32: 8, u64: 8n, u128: 8n, u256: 8n, i8: 8, i16: 8, i32: 8, i64: 8n, i128: 8n, i256: 8n, bool: false,
    string: '', identity: id('08'), connection: { __connection_id__: 8n },
    timestamp: { __timestamp_micros_since_unix_epoch__: -8n }, uuid: { __uuid__: 8n }, season: { Spring: {} },
  };
  for (const name of Object.keys(other)) {
    good(host.reducer(`insert_key_${name}`, [one[name], 1]));
    good(host.reducer(`insert_key_${name}`, [other[name], 10]));
    refused(host.reducer(`insert_key_${name}`, [other[name], 11]), 'Unique constraint violation');
    assert.equal(host.rows(`indexed_${name}`).length, 4, name);
    good(host.reducer(`update_key_${name}`, [one[name], 5]));
    assert.deepEqual(host.rows(`unique_${name}`).map((row) => row.data).sort(), [10, 5], name);
    assert.deepEqual(host.rows(`primary_${name}`).map((row) => row.data).sort(), [10, 6], name);
    good(host.reducer(`delete_key_${name}`, [one[name]]));
    good(host.reducer(`delete_key_${name}`, [one[name]]));
    refused(host.reducer(`update_key_${name}`, [one[name], 5]), 'no row has this primary key');
    for (const table of ['unique', 'primary']) {
      assert.deepEqual(host.rows(`${table}_${name}`).map((row) => row.key), [other[name]], name);
    }
    assert.equal(host.rows(`indexed_${name}`).length, 2, name);
  }
});

test('cabinet: generated columns', () => {
  const host = load('cabinet');
  for (const name of ['u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'u64', 'i64', 'u128', 'i128', 'u256', 'i256']) {
    for (const text of ['a', 'b']) good(host.reducer(`count_${name}`, [text]));
    assert.deepEqual(host.rows(`counted_${name}`).map((row) => [Number(row.id), row.text]), [[1, 'a'], [2, 'b']]);
  }
  good(host.reducer('sell', ['ann', 0]));
  good(host.reducer('sell', ['bob', 40]));
  good(host.reducer('sell_many', [['cy', 'di']]));
  assert.deepEqual(host.rows('ticket').map((row) => [row.number, row.holder, row.seat, row.rank]),
    [[1n, 'ann', 1, 1], [2n, 'bob', 40, 2], [3n, 'cy', 2, 3], [4n, 'di', 3, 4]]);
  const broken = host.reducer('break_unique');
  assert.notEqual(broken.trap, null);
  assert.match(broken.logs[0].message, /insert failed \(UNIQUE_ALREADY_EXISTS\): ticket/);
  assert.equal(host.rows('ticket').length, 4);
});

test('cabinet: ids of tables and indexes are asked for once per instance', () => {
  const host = load('cabinet');
  const lookups = (result) => result.host_calls.filter((each) => each.call.endsWith('_id_from_name')).map((each) => each.name);
  assert.deepEqual(lookups(good(host.reducer('count_u32', ['a']))), ['counted_u32', 'counted_u32_id_idx_btree']);
  assert.deepEqual(lookups(good(host.reducer('count_u32', ['b']))), []);
});

test('cabinet: sets, failures, panics', () => {
  const host = load('cabinet');
  const pair = (left, right) => ({ left, right });
  good(host.reducer('set_pairs', [[pair(1, 2), pair(3, 3), pair(1, 2), pair(2, 1)]]));
  assert.deepEqual(host.rows('pair'), [pair(1, 2), pair(2, 1)]);
  good(host.reducer('swap_pair', [pair(1, 2)]));
  assert.deepEqual(host.rows('pair'), [pair(2, 1)]);
  refused(host.reducer('swap_pair', [pair(9, 9)]), 'no such pair');
  refused(host.reducer('fail_after_insert', ['because \u00e9']), 'because \u00e9');
  refused(host.reducer('fail_by_side_door'), 'failed 3 times');
  good(host.reducer('swap_pair', [pair(2, 1)]));
  const trapped = host.reducer('trap_after_insert');
  assert.notEqual(trapped.trap, null);
  assert.deepEqual(trapped.logs, [{ level: 0, target: 'trap_after_insert', message: 'this reducer traps' }]);
  assert.deepEqual(host.rows('pair'), [pair(1, 2)]);
});

test('cabinet: random numbers and UUIDs follow from the timestamp', () => {
  const host = load('cabinet');
  good(host.reducer('draw_many', [40]));
  const first = host.rows('draw');
  assert.equal(first.length, 40);
  // The first bytes of MT19937-64 seeded with 1700000000000000, as the original library draws them.
  const again = load('cabinet');
  good(again.reducer('draw_many', [40]));
  assert.deepEqual(again.rows('draw'), first);
  good(again.reducer('draw_many', [3], { now: 1700000000000001n }));
  assert.notDeepEqual(again.rows('draw')[40].v4, first[0].v4);
});

test('cabinet: texts of values', () => {
  const host = load('cabinet');
  good(host.reducer('print_everything', [everything]));
  assert.deepEqual(host.rows('text_line').map((row) => row.text), [
    String(2n ** 128n - 1n), String(2n ** 256n - 1n), String(-(2n ** 127n)), String(-(2n ** 255n)),
    '0abc'.padStart(64, '0'), '0def'.padStart(32, '0'), '1969-12-31T23:59:59.999999+00:00', '-1.500001',
    '01234567-89ab-cdef-0123-456789abcdef']);
  good(load('cabinet').reducer('wide', [...Array.from({ length: 31 }, (_, i) => i), { err: 'last' }]));
});

test('clockwork: rows of schedules are the arguments of their functions', () => {
  const host = load('clockwork');
  good(host.reducer('remind_after', ['tea', { __time_duration_micros__: 2000000n }]));
  good(host.reducer('remind_every', ['breathe', { __time_duration_micros__: 500000n }]));
  assert.deepEqual(host.rows('reminder').map((row) => row.at), [
    { Time: { __timestamp_micros_since_unix_epoch__: 1700000002000000n } },
    { Interval: { __time_duration_micros__: 500000n } }]);
  refused(host.reducer('remind_and_fail', ['never']), 'this reminder must never ring');
  const database = unhex('db'.repeat(32));
  good(host.reducer('ring', [host.rows('reminder')[0]], { sender: database, connection: new Uint8Array(16) }));
  good(host.reducer('ring', [host.rows('reminder')[1]]));
  assert.deepEqual(host.rows('rung').map((row) => [row.text, row.by_schedule]), [['tea', true], ['breathe', false]]);
  good(host.reducer('send_errand', [3, { __time_duration_micros__: 1000000n }]));
  host.now += 1500000n;
  good(host.procedure('run_errand', [host.rows('errand')[0]]));
  assert.equal(host.rows('rung')[2].text, 'errand 3 +1.500000');
  good(host.reducer('stop_all'));
  assert.equal(host.rows('reminder').length, 0);
});

test('courier: values of procedures', () => {
  const host = load('courier');
  const parcel = { weight: 5, label: 'five' };
  assert.equal(good(host.procedure('add_weights', [1, 2])).value, 3);
  assert.deepEqual(good(host.procedure('wrap', [5, 'five'])).value, parcel);
  assert.deepEqual(good(host.procedure('judge', [parcel])).value, { Accepted: 5 });
  assert.deepEqual(good(host.procedure('judge', [{ weight: 101, label: 'x' }])).value, { Refused: 'too heavy: x' });
  assert.deepEqual(good(host.procedure('repeat', [parcel, 3])).value, [parcel, parcel, parcel]);
  assert.deepEqual(good(host.procedure('who_am_i')).value, { some: '01'.repeat(32) });
  assert.deepEqual(good(host.procedure('who_am_i', [], { connection: new Uint8Array(16) })).value, { none: {} });
  const dropped = host.procedure('drop_it');
  assert.notEqual(dropped.trap, null);
  assert.equal(dropped.logs[0].message, 'the parcel was dropped');
  assert.deepEqual(good(host.procedure('nap', [{ __time_duration_micros__: 250n }])).value, { __time_duration_micros__: 250n });
});

test('courier: transactions', () => {
  const host = load('courier');
  assert.equal(good(host.procedure('store_one')).value, 1n);
  assert.equal(good(host.procedure('store_none')).value, 1n);
  assert.equal(good(host.procedure('store_when_ok', [0])).value, 0);
  assert.equal(good(host.procedure('store_when_ok', [9])).value, 5);
  assert.deepEqual(host.rows('shelf').map((row) => row.parcel.label), ['committed', 'kept']);
  // A refused commit runs the body once more; a second refusal ends the call.
  host.commit_failures = 1;
  const retried = good(host.procedure('store_one'));
  assert.equal(retried.value, 3n);
  assert.equal(retried.host_calls.filter((each) => each.call === 'datastore_insert_bsatn').length, 2);
  host.commit_failures = 2;
  const failed = host.procedure('store_one');
  assert.notEqual(failed.trap, null);
  assert.match(failed.logs[0].message, /refused twice/);
  assert.equal(host.rows('shelf').length, 3);
  good(host.procedure('stamp_many', [100]));
  assert.equal(host.rows('stamp').length, 100);
});

test('courier: HTTP', () => {
  const sent = [];
  const host = load('courier', {
    http: (request, body) => {
      const reader = new Reader(request);
      const method = reader.u8();
      reader.list((r) => [r.string(), r.list((b) => b.u8())]);
      const timeout = reader.option((r) => r.integer('I64'));
      const uri = reader.string();
      sent.push({ method, timeout, uri, version: reader.u8(), done: reader.done, body: body.length });
      if (uri.includes('invalid')) return { error: `error sending request for url (${uri})` };
      return { response: new Writer().u32(0).u8(2).u16(203).bytes(), body: Buffer.from('pong') };
    },
  });
  assert.equal(good(host.procedure('fetch', ['http://a/b'])).value, '203 pong');
  assert.deepEqual(sent[0], { method: 0, timeout: 5000000n, uri: 'http://a/b', version: 2, done: true, body: 0 });
  assert.equal(good(host.procedure('fetch', ['http://x.invalid/'])).value,
    'error: error sending request for url (http://x.invalid/)');
  assert.match(good(host.procedure('post_inside_transaction', ['http://a'])).value, /inside transactions/);
  good(host.procedure('store_one'));
  const request = (method, uri) => new Writer().u8(method).u32(1).string('a').u32(1).u8(98).u8(1).string(uri).u8(4).bytes();
  const counted = host.handler('count_shelf', request(0, '/shelf/count'), new Uint8Array());
  assert.equal(counted.code, 0);
  assert.equal(Buffer.from(counted.body).toString(), '1');
  const echoed = host.handler('echo', request(2, '/echo'), Buffer.from('body'));
  const reader = new Reader(echoed.response);
  const headers = reader.list((r) => [r.string(), Buffer.from(r.take(r.u32())).toString()]);
  assert.deepEqual(headers, [['a', 'b'], ['x-method', 'POST'], ['x-uri', '/echo']]);
  assert.equal(reader.u8(), 4);
  assert.equal(reader.u16(), 201);
  assert.equal(Buffer.from(echoed.body).toString(), 'body');
});

test('lookout: views', () => {
  const host = load('lookout');
  const none = good2(host.view('me'));
  assert.deepEqual(none.rows, []);
  good(host.reducer('sign_on', ['me']));
  good(host.reducer('sign_on_other', [id('05'), 'five', true]));
  for (const [who, hour] of [[1, 3], [1, 20], [2, 4], [2, 12]]) good(host.reducer('stand_watch', [who, hour]));
  assert.deepEqual(good2(host.view('me')).rows.map((row) => row.name), ['me']);
  assert.deepEqual(good2(host.view('my_watches')).rows, [
    { sailor_id: 1n, name: 'me', hour: 3 }, { sailor_id: 1n, name: 'me', hour: 20 }]);
  assert.deepEqual(good2(host.view('awake_sailors')).rows.map((row) => row.name), ['five']);
  assert.deepEqual(good2(host.view('night_watches')).rows.map((row) => row.hour), [3, 4]);
  assert.deepEqual(good2(host.view('first_sailor')).rows.map((row) => row.id), [1n]);
  good(host.reducer('wake', [true]));
  assert.equal(good2(host.view('awake_sailors')).rows.length, 2);
  good(host.reducer('sign_off'));
  assert.deepEqual(good2(host.view('me')).rows, []);
  refused(host.reducer('wake', [true]), 'not signed on');
  assert.equal(good2(host.view('all_sailors')).sql, 'SELECT * FROM "sailor"');
  assert.equal(good2(host.view('sleepers')).sql,
    `SELECT * FROM "sailor" WHERE (("sailor"."awake" = FALSE) AND ("sailor"."name" <> ''))`);
  assert.equal(good2(host.view('on_watch')).sql,
    'SELECT "sailor".* FROM "watch" JOIN "sailor" ON "watch"."sailor_id" = "sailor"."id" ' +
    'WHERE ("watch"."hour" < 12) AND ("sailor"."awake" = TRUE)');
  assert.equal(good2(host.view('watches_of_awake')).sql,
    'SELECT "watch".* FROM "watch" JOIN "awake_sailors" ON "watch"."sailor_id" = "awake_sailors"."id"');
  assert.equal(good2(host.view('mine_by_query')).sql,
    `SELECT * FROM "sailor" WHERE ("sailor"."identity" = 0x${'01'.repeat(32)})`);
});
function good2(result) {
  assert.equal(result.trap, null);
  assert.equal(result.code, 2);
  assert.equal(result.leaked_iterators, 0);
  return result;
}

test('flare: events, rules and tokens', () => {
  const host = load('flare');
  good(host.reducer('fire', ['red']));
  refused(host.reducer('fire_and_fail', ['blue']), 'a misfire');
  good(host.reducer('write_note', ['n', true]));
  good(host.reducer('write_diary', ['one']));
  good(host.reducer('write_diary', ['two']));
  assert.deepEqual(host.rows('diary').map((row) => row.text), ['two']);
  assert.deepEqual(host.definition.row_level_security,
    ['SELECT * FROM note WHERE owner = :sender', 'SELECT * FROM "note" WHERE ("note"."shared" = TRUE)']);
  refused(host.reducer('tell_token'), 'no token');
  const jwt = '{"nested": {"sub": "no"}, "list": [1, {"iss": "no"}, "x]"], "sub" : "s\\u00e9\\"b", "iss":"i", "aud": ["a", "b"], "n": 1.5e3}';
  const with_token = load('flare', { jwt });
  good(with_token.reducer('tell_token'));
  assert.deepEqual(with_token.rows('diary').map((row) => row.text), ['i|s\u00e9"b|a,b,']);
  const one_audience = load('flare', { jwt: '{"aud":"only","sub":"s","iss":"i"}' });
  good(one_audience.reducer('tell_token'));
  assert.deepEqual(one_audience.rows('diary').map((row) => row.text), ['i|s|only,']);
  refused(load('flare', { jwt }).reducer('tell_token', [], { connection: new Uint8Array(16) }), 'no token');
});

test('names: functions behind canonical names', () => {
  const host = load('names');
  good(host.reducer('mixPaint', ['crimson', { DeepRed: {} }]));
  good(host.reducer('mixPaint', ['sky', { lightBlue: {} }]));
  assert.deepEqual(good2(host.view('redPots')).rows.map((row) => row.Label_2), ['crimson']);
  assert.equal(good(host.procedure('countPots')).value, 2n);
  assert.equal(good(host.reducer('remove', [7])).logs[0].message, 'SELECT * FROM "out" WHERE ("out"."table" = "out"."name")');
  assert.deepEqual(host.rows('decl'), [{ id: 1, table: 7, name: 2, value: 3, io: 4 }]);
});

test('atlas: ranges over one and several columns', () => {
  const host = load('atlas');
  const places = [['hill', 1, 1], ['hill', 5, 1], ['hill', 5, 2], ['hill', 9, 3], ['bog', 2, 2], ['island', 5, 2], ['', -4, 1]];
  for (const place of places) good(host.reducer('add_place', place));
  good(host.reducer('survey'));
  assert.deepEqual(Object.fromEntries(host.rows('found').map((row) => [row.query, row.ids])), {
    'height = 5': [2, 3, 6], '2 <= height < 5': [5], '2 <= height <= 5': [5, 2, 3, 6], 'height >= 5': [2, 3, 6, 4],
    'height < 2': [7, 1], 'height <= 2': [7, 1, 5], 'any height': [7, 1, 5, 2, 3, 6, 4], 'region = hill': [1, 2, 3, 4],
    'b <= region < i': [5, 1, 2, 3, 4], hill: [1, 2, 3, 4], 'hill, 5': [2, 3], 'hill, 5, 2': [3], 'hill, 3..': [2, 3, 4],
    'hill, 5, 1..=2': [2, 3], 'kind 2, ..5': [5], 'kind 1..=2': [7, 1, 2, 5, 3, 6], 'kind 2, richness 0.5': [3, 5, 6],
    'whole table': [1, 2, 3, 4, 5, 6, 7] });
  const flattened = good(host.reducer('flatten', [5]));
  assert.equal(flattened.logs[0].message, '3 places of height 5');
  refused(host.reducer('flatten', [5]), 'nothing has this height');
});

test('atlas: scans within scans, in chunks, given back early', () => {
  const host = load('atlas', { chunk: 100 });
  good(host.reducer('cross_tiles'));
  good(host.reducer('lay_tiles', [60]));
  good(host.reducer('cross_tiles'));
  assert.deepEqual(host.rows('tally'), [{ what: 'pairs', count: 1770n }]);
  good(host.reducer('first_tile'));
  for (const [number, size] of [[1, 0], [2, 300000], [3, 10], [4, 70000]]) good(host.reducer('print_sheet', [number, size]));
  good(host.reducer('weigh_sheets'));
  good(host.reducer('weigh_sheets'));
  assert.deepEqual(host.rows('tally').at(-1), { what: 'bytes', count: 370010n });
});

console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);
