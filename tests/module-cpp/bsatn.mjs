// BSATN for tests: values by type, and module definitions (version 10) as plain objects.
//
// A type is a string ('U8', 'String', ...) or {Ref}, {Array}, {Product: [[name, type]...]}, {Sum: [[name, type]...]}.
// A value is a number or BigInt (64 bits and more), a string, a boolean, an array, an object of fields, or {variant: value}.

const PLAIN = {
  4: 'String', 5: 'Bool', 6: 'I8', 7: 'U8', 8: 'I16', 9: 'U16', 10: 'I32', 11: 'U32', 12: 'I64', 13: 'U64',
  14: 'I128', 15: 'U128', 16: 'I256', 17: 'U256', 18: 'F32', 19: 'F64',
};
const INTEGER_BYTES = {
  I8: 1, U8: 1, I16: 2, U16: 2, I32: 4, U32: 4, I64: 8, U64: 8, I128: 16, U128: 16, I256: 32, U256: 32,
};

export const hex = (bytes) => Buffer.from(bytes).toString('hex');
export const unhex = (text) => new Uint8Array(Buffer.from(text, 'hex'));

export class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }
  get done() { return this.at === this.bytes.length; }
  take(n) {
    if (this.at + n > this.bytes.length) throw new Error(`${n} bytes wanted at ${this.at} of ${this.bytes.length}`);
    this.at += n;
    return this.bytes.subarray(this.at - n, this.at);
  }
  u8() { return this.take(1)[0]; }
  u16() { this.take(2); return this.view.getUint16(this.at - 2, true); }
  u32() { this.take(4); return this.view.getUint32(this.at - 4, true); }
  string() { return new TextDecoder('utf-8', { fatal: true }).decode(this.take(this.u32())); }
  bool() {
    const byte = this.u8();
    if (byte > 1) throw new Error(`bool ${byte}`);
    return byte === 1;
  }
  list(item) { return Array.from({ length: this.u32() }, () => item(this)); }
  option(item) { return this.u8() === 0 ? item(this) : null; }
  integer(name) {
    const bytes = this.take(INTEGER_BYTES[name]);
    let value = 0n;
    for (let i = bytes.length; i-- > 0;) value = (value << 8n) | BigInt(bytes[i]);
    if (name[0] === 'I') value = BigInt.asIntN(bytes.length * 8, value);
    return bytes.length <= 4 ? Number(value) : value;
  }

  type() {
    const tag = this.u8();
    if (tag === 0) return { Ref: this.u32() };
    if (tag === 1) return { Sum: this.list((r) => [r.option((o) => o.string()), r.type()]) };
    if (tag === 2) return { Product: this.list((r) => [r.option((o) => o.string()), r.type()]) };
    if (tag === 3) return { Array: this.type() };
    if (PLAIN[tag] === undefined) throw new Error(`type tag ${tag}`);
    return PLAIN[tag];
  }

  value(type, typespace) {
    if (typeof type === 'string') {
      if (type === 'String') return this.string();
      if (type === 'Bool') return this.bool();
      if (type === 'F32') { this.take(4); return this.view.getFloat32(this.at - 4, true); }
      if (type === 'F64') { this.take(8); return this.view.getFloat64(this.at - 8, true); }
      return this.integer(type);
    }
    if ('Ref' in type) return this.value(typespace[type.Ref], typespace);
    if ('Array' in type) return this.list((r) => r.value(type.Array, typespace));
    if ('Product' in type) {
      return Object.fromEntries(type.Product.map(([name, each]) => [name, this.value(each, typespace)]));
    }
    const tag = this.u8();
    if (tag >= type.Sum.length) throw new Error(`variant ${tag} of ${type.Sum.length}`);
    return { [type.Sum[tag][0]]: this.value(type.Sum[tag][1], typespace) };
  }
}

export class Writer {
  constructor() { this.parts = []; }
  raw(bytes) { this.parts.push(Buffer.from(bytes)); return this; }
  u8(v) { return this.raw([v]); }
  u16(v) { return this.integer('U16', v); }
  u32(v) { return this.integer('U32', v); }
  string(text) {
    const bytes = Buffer.from(text, 'utf8');
    return this.u32(bytes.length).raw(bytes);
  }
  integer(name, value) {
    const size = INTEGER_BYTES[name];
    const bytes = Buffer.alloc(size);
    let rest = BigInt.asUintN(size * 8, BigInt(value));
    for (let i = 0; i < size; ++i, rest >>= 8n) bytes[i] = Number(rest & 255n);
    return this.raw(bytes);
  }
  value(type, value, typespace) {
    if (typeof type === 'string') {
      if (type === 'String') return this.string(value);
      if (type === 'Bool') return this.u8(value ? 1 : 0);
      if (type === 'F32' || type === 'F64') {
        const bytes = Buffer.alloc(type === 'F32' ? 4 : 8);
        if (type === 'F32') bytes.writeFloatLE(value); else bytes.writeDoubleLE(value);
        return this.raw(bytes);
      }
      return this.integer(type, value);
    }
    if ('Ref' in type) return this.value(typespace[type.Ref], value, typespace);
    if ('Array' in type) {
      this.u32(value.length);
      for (const each of value) this.value(type.Array, each, typespace);
      return this;
    }
    if ('Product' in type) {
      type.Product.forEach(([name, each], i) =>
        this.value(each, Array.isArray(value) ? value[i] : value[name], typespace));
      return this;
    }
    const [name] = Object.keys(value);
    const tag = type.Sum.findIndex(([variant]) => variant === name);
    if (tag < 0) throw new Error(`no variant ${name}`);
    return this.u8(tag).value(type.Sum[tag][1], value[name], typespace);
  }
  bytes() { return new Uint8Array(Buffer.concat(this.parts)); }
}

const columns = (r) => r.list((c) => c.u16());
const product = (r) => r.list((e) => [e.option((o) => o.string()), e.type()]);
const ALGORITHMS = ['BTree', 'Hash', 'Direct'];
const VISIBILITY = ['Private', 'ClientCallable'];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'];
const wide = (r) => r.option((o) => String(o.integer('I128')));

const SECTIONS = [
  ['typespace', (r) => r.list((t) => t.type())],
  ['types', (r) => r.list((t) => ({
    scope: t.list((s) => s.string()), name: t.string(), ref: t.u32(), custom_ordering: t.bool() }))],
  ['tables', (r) => r.list((t) => ({
    name: t.string(),
    row: t.u32(),
    primary_key: columns(t),
    indexes: t.list((i) => ({
      source_name: i.option((o) => o.string()),
      accessor: i.option((o) => o.string()),
      algorithm: ALGORITHMS[i.u8()],
      columns: columns(i) })),
    unique: t.list((c) => { c.option((o) => o.string()); c.u8(); return columns(c); }),
    sequences: t.list((s) => ({
      name: s.option((o) => o.string()), column: s.u16(), start: wide(s), min: wide(s), max: wide(s),
      increment: String(s.integer('I128')) })),
    type: ['System', 'User'][t.u8()],
    access: ['Public', 'Private'][t.u8()],
    defaults: t.list((d) => ({ column: d.u16(), value: hex(d.take(d.u32())) })),
    is_event: t.bool() }))],
  ['reducers', (r) => r.list((t) => ({
    name: t.string(), params: product(t), visibility: VISIBILITY[t.u8()], ok: t.type(), err: t.type() }))],
  ['procedures', (r) => r.list((t) => ({
    name: t.string(), params: product(t), returns: t.type(), visibility: VISIBILITY[t.u8()] }))],
  ['views', (r) => r.list((t) => ({
    name: t.string(), index: t.u32(), is_public: t.bool(), is_anonymous: t.bool(), params: product(t),
    returns: t.type() }))],
  ['schedules', (r) => r.list((t) => ({
    name: t.option((o) => o.string()), table: t.string(), column: t.u16(), function: t.string() }))],
  ['lifecycle', (r) => r.list((t) => ({ event: ['Init', 'OnConnect', 'OnDisconnect'][t.u8()], function: t.string() }))],
  ['row_level_security', (r) => r.list((t) => t.string())],
  ['case_conversion', (r) => ['None', 'SnakeCase'][r.u8()]],
  ['explicit_names', (r) => r.list((t) => ({
    kind: ['Table', 'Function', 'Index'][t.u8()], source: t.string(), canonical: t.string() }))],
  ['http_handlers', (r) => r.list((t) => t.string())],
  ['http_routes', (r) => r.list((t) => ({
    handler: t.string(), method: t.u8() === 0 ? 'ANY' : METHODS[t.u8()], path: t.string() }))],
  ['view_primary_keys', (r) => r.list((t) => ({ view: t.string(), columns: t.list((c) => c.string()) }))],
];

/// A module definition as an object of its sections; throws on bytes that are none or are left over.
export function definition(bytes) {
  const reader = new Reader(bytes);
  const version = reader.u8();
  if (version !== 2) throw new Error(`definition version tag ${version}`);
  const sections = {};
  for (let left = reader.u32(); left > 0; --left) {
    const [name, read] = SECTIONS[reader.u8()];
    sections[name] = read(reader);
  }
  if (!reader.done) throw new Error('bytes after the definition');
  return sections;
}
