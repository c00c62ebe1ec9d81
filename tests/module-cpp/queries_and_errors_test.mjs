// Texts of the query builder, definitions of modules whose declarations contradict each other, and the templates.
//
// usage: node tests/module-cpp/queries_and_errors_test.mjs <folder of .wasm>
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Host } from './host.mjs';

const load = (name) => new Host(fs.readFileSync(path.join(process.argv[2], `${name}.wasm`)));
const t = (predicate) => `SELECT * FROM "thing" WHERE ${predicate}`;
const joined = (rows, rest = '') =>
  `SELECT "${rows}".* FROM "link" JOIN "thing" ON "link"."thing_id" = "thing"."id"${rest}`;
const expected = {
  table: 'SELECT * FROM "thing"',
  eq: t('("thing"."id" = 1)'),
  ne: t('("thing"."small" <> -5)'),
  gt: t('("thing"."small" > 5)'),
  gte: t('("thing"."small" >= 5)'),
  lt: t('("thing"."small" < 5)'),
  lte: t('("thing"."small" <= "thing"."small")'),
  string: t(`("thing"."name" = 'it''s')`),
  bool: t('("thing"."on" = FALSE)'),
  'bool column': t('("thing"."on" = TRUE)'),
  'bool constant': t('(TRUE = TRUE)'),
  float: t('(("thing"."ratio" = 0.1) OR ("thing"."exact" = 1e+21))'),
  identity: t(`("thing"."owner" = 0x${'01'.repeat(32)})`),
  connection: t(`("thing"."connection" = 0x${'ab'.padStart(32, '0')})`),
  timestamp: t(`("thing"."at" = '1970-01-01T00:00:01.5+00:00')`),
  'whole second': t(`("thing"."at" = '1970-01-01T00:00:00+00:00')`),
  uuid: t(`("thing"."uuid" = 'ffffffff-ffff-ffff-ffff-ffffffffffff')`),
  bytes: t('("thing"."bytes" = 0x01ff)'),
  wide: t('(("thing"."wide" = 18446744073709551616) AND ("thing"."wider" = -1))'),
  logic: t('((("thing"."id" = 1) OR ("thing"."id" = 2)) AND (NOT ("thing"."on" = TRUE)))'),
  chained: t('(("thing"."on" = TRUE) AND ("thing"."small" = 1))'),
  left: joined('link'),
  right: joined('thing'),
  'left filtered': joined('link', ' WHERE (("link"."plain" = 7) AND ("link"."id" > 1))'),
  'right filtered': joined('thing', ' WHERE ("link"."plain" = 7) AND (("thing"."on" = TRUE) AND ("thing"."small" = 1))'),
  identities: 'SELECT "link".* FROM "link" JOIN "thing" ON "link"."owner" = "thing"."owner"',
};
const logs = load('query_builder').reducer('texts').logs.map((each) => each.message);
const texts = Object.fromEntries(logs.map((each) => [each.slice(0, each.indexOf(':')), each.slice(each.indexOf(':') + 2)]));
assert.deepEqual(texts, expected);

const errors = {
  circular: 'ERROR_CIRCULAR_REFERENCE_Node',
  circular_three: 'ERROR_CIRCULAR_REFERENCE_First',
  two_primary_keys: 'ERROR_MULTIPLE_PRIMARY_KEYS_row',
  default_on_primary_key: 'ERROR_CONSTRAINT_REGISTRATION_DEFAULT_ON_PRIMARY_KEY',
  default_on_unique: 'ERROR_CONSTRAINT_REGISTRATION_DEFAULT_ON_UNIQUE',
  default_on_auto_inc: 'ERROR_CONSTRAINT_REGISTRATION_DEFAULT_ON_AUTOINC',
};
for (const [name, error] of Object.entries(errors)) {
  const host = load(name);
  assert.deepEqual(host.definition, {
    typespace: [], types: [{ scope: [], name: error, ref: 999999, custom_ordering: false }] }, name);
  assert.ok(host.logs.some((each) => each.level === 0 && each.message.includes(error)), `${name} says so in the log`);
}
const said = (result) => result.logs.map((each) => each.message).join('|');
const code = (result, wanted, message = '') => assert.deepEqual([result.code, result.message, result.trap], [wanted, message, null]);
const basic = load('basic/basic');
code(basic.reducer('init'), 0);
code(basic.reducer('add', ['Ada']), 0);
code(basic.reducer('add', ['']), 1, 'a person has a name');
assert.equal(said(basic.reducer('say_hello')), 'Hello, Ada!|Hello, world!');
code(basic.reducer('remove', ['Ada']), 0);
code(basic.reducer('remove', ['Ada']), 1, 'nobody is called Ada');

const chat = load('chat/chat');
const other = new Uint8Array(32).fill(9);
code(chat.reducer('init'), 0);
code(chat.reducer('set_name', ['ann']), 1, 'only those who are connected have a name');
code(chat.reducer('client_connected'), 0);
code(chat.reducer('client_connected', [], { sender: other }), 0);
code(chat.reducer('set_name', ['ann']), 0);
code(chat.reducer('set_name', [' ']), 1, 'a name must not be empty');
code(chat.reducer('send_message', ['hello']), 0);
code(chat.reducer('send_message', ['x'.repeat(2001)]), 1, 'a message is longer than 2000 bytes');
code(chat.reducer('delete_message', [1], { sender: other }), 1, 'a message is deleted by who sent it');
code(chat.reducer('client_disconnected', [], { sender: other }), 0);
assert.deepEqual(chat.view('online_users').rows.map((row) => row.name), [{ some: 'ann' }]);
code(chat.reducer('sweep', [chat.rows('sweep_timer')[0]]), 0);
assert.equal(chat.rows('message').length, 1);
chat.now += 31n * 86400n * 1000000n;
assert.equal(said(chat.reducer('sweep', [chat.rows('sweep_timer')[0]])), 'swept 1 messages away');
assert.equal(chat.rows('message').length, 0);

console.log(`${2 + Object.keys(expected).length + Object.keys(errors).length} passed, 0 failed`);
