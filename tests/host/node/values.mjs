// Values of every type that a column can have, edges first; in the published client's form.
import { ConnectionId, Identity, ScheduleAt, TimeDuration, Timestamp, Uuid } from 'spacetimedb';

const unsigned = (bits) => [0n, 1n, 2n ** BigInt(bits) - 1n];
const signed = (bits) => [0n, -(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n];
const small = (values) => values.map(Number);

export const kEverything = {
  u8: 255, u16: 65535, u32: 4294967295, u64: 2n ** 64n - 1n, wideU: 2n ** 128n - 1n, widerU: 2n ** 256n - 1n,
  i8: -128, i16: -32768, i32: -2147483648, i64: -(2n ** 63n), wideI: -(2n ** 127n), widerI: -(2n ** 255n),
  flag: true, f32: 1.5, f64: -2.25, text: 'søster, 妹, 🦉', identity: new Identity(2n ** 255n + 7n),
  connection: new ConnectionId(2n ** 127n + 9n), timestamp: new Timestamp(1_600_000_000_123_456n),
  duration: new TimeDuration(-1_500_000n), uuid: Uuid.parse('0189c2a0-7b1e-7d23-8f45-0123456789ab'),
  schedule: ScheduleAt.interval(5_000_000n), season: { tag: 'autumn' }, blank: {},
};

/// By the names of the tables in modules/cabinet.
export const kValues = {
  u8: small(unsigned(8)), u16: small(unsigned(16)), u32: small(unsigned(32)), u64: unsigned(64),
  u128: unsigned(128), u256: unsigned(256),
  i8: small(signed(8)), i16: small(signed(16)), i32: small(signed(32)), i64: signed(64),
  i128: signed(128), i256: signed(256),
  bool: [true, false],
  f32: [0, 1.5, -3.4028234663852886e38, Infinity], f64: [0, -0.1, Number.MAX_VALUE, -Infinity],
  string: ['', 'a', 'søster, 妹, 🦉', 'x'.repeat(3000)],
  identity: [Identity.zero(), new Identity(1n), new Identity(2n ** 256n - 1n)],
  connection: [new ConnectionId(0n), new ConnectionId(1n), new ConnectionId(2n ** 128n - 1n)],
  timestamp: [new Timestamp(0n), new Timestamp(-1n), new Timestamp(1_763_760_000_000_001n)],
  duration: [new TimeDuration(0n), new TimeDuration(-5n), new TimeDuration(2n ** 62n)],
  uuid: [Uuid.NIL, Uuid.MAX, kEverything.uuid],
  season: ['spring', 'summer', 'winter'].map((tag) => ({ tag })),
  shape: [{ tag: 'nothing' }, { tag: 'dot', value: { x: -1, y: 2 } }, { tag: 'path', value: [{ x: 1, y: 2 }, { x: 3, y: 4 }] },
    { tag: 'label', value: 'round' }, { tag: 'tinted', value: { tag: 'winter' } }, { tag: 'size', value: 0.5 },
    { tag: 'owner', value: new Identity(77n) }],
  point: [{ x: 0, y: 0 }, { x: -2147483648, y: 2147483647 }],
  packed: [{ a: 1, b: 0.25, c: 2n ** 64n - 1n }],
  everything: [kEverything],
  nested: [undefined, [], [1, undefined, -3]],
};
export const kKeys = ['u8', 'u16', 'u32', 'u64', 'u128', 'u256', 'i8', 'i16', 'i32', 'i64', 'i128', 'i256', 'bool', 'string',
  'identity', 'connection', 'timestamp', 'uuid', 'season'];

/// "u8" -> "U8" as it stands inside an accessor.
export const capital = (name) => name[0].toUpperCase() + name.slice(1);

/// Values without what has no meaning: the payload field of a variant without payload, bytes against lists.
export function plain(value) {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === 'object') {
    if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) {
      return `${value.constructor.name} ${Object.values(value).map(String)}`;
    }
    return Object.fromEntries(Object.entries(value)
      .filter(([key, each]) => !(key === 'value' && each !== null && typeof each === 'object' && 'tag' in value &&
        Object.keys(each).length === 0 && Object.getPrototypeOf(each) === Object.prototype))
      .map(([key, each]) => [key, plain(each)]));
  }
  return value;
}
