// The WebAssembly engine in Node: calls of the C interface on one instance, values in and cells out.
//
// A cell is {type, value}: type is the code of the C interface; INTEGER and TIMESTAMP are BigInt, FLOAT a number, BOOLEAN
// 0 or 1, TEXT and JSON a string, VECTOR the hexadecimal text of its bytes.
import { WASI } from 'node:wasi';

export const kType = { NULL: 0, INTEGER: 1, FLOAT: 2, TEXT: 3, BOOLEAN: 4, TIMESTAMP: 5, JSON: 6, VECTOR: 7 };
const kOk = 0, kRow = 100, kDone = 101;
const kValueBytes = 24, kNamedBytes = 40;

export class Guest {
  constructor(module, folder) {
    const wasi = new WASI({ version: 'preview1', args: [], env: {}, preopens: folder ? { '/data': folder } : {} });
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.wasiImport });
    this.exports = instance.exports;
    wasi.start(instance);
    this.out = this.malloc(16);
  }

  get view() { return new DataView(this.exports.memory.buffer); }
  get bytes() { return new Uint8Array(this.exports.memory.buffer); }

  malloc(size) {
    const at = this.exports.__wbindgen_malloc(size, 8) >>> 0;
    if (at === 0) throw new Error(`no memory for ${size} bytes`);
    return at;
  }

  /// Calls stoolap_<name>.
  call(name, ...args) { return this.exports[`stoolap_${name}`](...args); }

  text(at) {
    const bytes = this.bytes;
    return Buffer.from(bytes.subarray(at >>> 0, bytes.indexOf(0, at >>> 0))).toString();
  }

  /// Runs body with the address of each text, terminated; they are gone afterwards.
  withTexts(texts, body) {
    const placed = texts.map((text) => {
      const data = Buffer.from(`${text}\0`);
      const at = this.malloc(data.length);
      this.bytes.set(data, at);
      return [at, data.length];
    });
    try {
      return body(...placed.map(([at]) => at));
    } finally {
      for (const [at, length] of placed) this.exports.__wbindgen_free(at, length, 1);
    }
  }

  /// values: cells, or [name, cell] pairs. Runs body with the address of the array.
  withValues(values, body) {
    if (values.length === 0) return body(0);
    const named = Array.isArray(values[0]);
    const each = named ? kNamedBytes : kValueBytes;
    const held = [];
    const hold = (data) => {
      const at = this.malloc(Math.max(data.length, 1));
      held.push([at, data.length]);
      this.bytes.set(data, at);
      return at;
    };
    const array = hold(new Uint8Array(each * values.length));
    values.forEach((value, i) => {
      let at = array + each * i;
      if (named) {
        const name = Buffer.from(value[0]);
        const where = hold(name);
        this.view.setUint32(at, where, true);
        this.view.setInt32(at + 4, name.length, true);
        at += 16;
      }
      const cell = named ? value[1] : value;
      const content = cell.type === kType.VECTOR ? Buffer.from(cell.value, 'hex') :
        typeof cell.value === 'string' ? Buffer.from(cell.value) : null;
      const where = content ? hold(content) : 0;
      const view = this.view;
      view.setInt32(at, cell.type, true);
      if (content) {
        view.setUint32(at + 8, where, true);
        view.setBigInt64(at + 16, BigInt(content.length), true);
      } else if (cell.type === kType.FLOAT) {
        view.setFloat64(at + 8, cell.value, true);
      } else if (cell.type === kType.BOOLEAN) {
        view.setInt32(at + 8, cell.value, true);
      } else if (cell.type !== kType.NULL) {
        view.setBigInt64(at + 8, cell.value, true);
      }
    });
    try {
      return body(array);
    } finally {
      for (const [at, length] of held) this.exports.__wbindgen_free(at, length, 8);
    }
  }

  /// A call whose last argument is where a handle goes: the handle, or null on an error.
  handle(name, ...args) {
    const rc = this.call(name, ...args, this.out);
    return rc === kOk ? this.view.getUint32(this.out, true) : null;
  }

  /// {error} or {columns, rows, affected}. how: 'query' or 'exec'; owner: 'db' or 'tx'.
  run(owner, handle, sql, values, how, packed = false) {
    const prefix = owner === 'tx' ? 'tx_' : '';
    const form = values.length === 0 ? '' : Array.isArray(values[0]) ? '_named' : '_params';
    this.view.setBigInt64(this.out, 0n, true);
    const rc = this.withTexts([sql], (text) => this.withValues(values, (array) => (form === '' ?
      this.call(`${prefix}${how}`, handle, text, this.out) :
      this.call(`${prefix}${how}${form}`, handle, text, array, values.length, this.out))));
    if (rc !== kOk) return { error: this.text(this.call(`${prefix}errmsg`, handle)) };
    if (how === 'exec') return { columns: [], rows: [], affected: this.view.getBigInt64(this.out, true) };
    return this.read(this.view.getUint32(this.out, true), packed);
  }

  /// The same through a prepared statement.
  runPrepared(db, sql, values) {
    const stmt = this.withTexts([sql], (text) => this.handle('prepare', db, text));
    if (stmt === null) return { error: this.text(this.call('errmsg', db)) };
    const rows = this.withValues(values, (array) => this.handle('stmt_query', stmt, array, values.length));
    const answer = rows === null ? { error: this.text(this.call('stmt_errmsg', stmt)) } : this.read(rows, false);
    this.call('stmt_finalize', stmt);
    return answer;
  }

  read(rows, packed) {
    const affected = this.call('rows_affected', rows);
    const answer = packed ? this.fetchAll(rows) : this.step(rows);
    this.call('rows_close', rows);
    return { affected, ...answer };
  }

  step(rows) {
    const columns = Array.from({ length: this.call('rows_column_count', rows) },
      (_, i) => this.text(this.call('rows_column_name', rows, i)));
    const all = [];
    for (;;) {
      const rc = this.call('rows_next', rows);
      if (rc === kDone) return { columns, rows: all };
      if (rc !== kRow) return { error: this.text(this.call('rows_errmsg', rows)) };
      all.push(columns.map((_, i) => this.cell(rows, i)));
    }
  }

  cell(rows, i) {
    const get = (what, ...more) => this.call(`rows_column_${what}`, rows, i, ...more);
    const bytes = (what) => {
      const at = get(what, this.out) >>> 0;
      const length = Number(this.view.getBigInt64(this.out, true));
      return Buffer.from(this.bytes.slice(at, at + length));
    };
    const type = get('type');
    switch (type) {
      case kType.NULL: return { type, value: null };
      case kType.INTEGER: return { type, value: get('int64') };
      case kType.FLOAT: return { type, value: get('double') };
      case kType.BOOLEAN: return { type, value: get('bool') };
      case kType.TIMESTAMP: return { type, value: get('timestamp') };
      case kType.VECTOR: return { type, value: bytes('blob').toString('hex') };
      default: return { type, value: bytes('text').toString() };
    }
  }

  fetchAll(rows) {
    const out = this.out;
    if (this.call('rows_fetch_all', rows, out, out + 8) !== kOk) return { error: this.text(this.call('rows_errmsg', rows)) };
    const at = this.view.getUint32(out, true), length = Number(this.view.getBigInt64(out + 8, true));
    const data = Buffer.from(this.bytes.slice(at, at + length));
    this.call('buffer_free', at, BigInt(length));
    let from = 0;
    const take = (n) => data.subarray(from, from += n);
    const u32 = () => take(4).readUInt32LE();
    const columns = Array.from({ length: u32() }, () => take(take(2).readUInt16LE()).toString());
    const cell = () => {
      const type = take(1)[0];
      switch (type) {
        case kType.NULL: return { type, value: null };
        case kType.INTEGER: case kType.TIMESTAMP: return { type, value: take(8).readBigInt64LE() };
        case kType.FLOAT: return { type, value: take(8).readDoubleLE() };
        case kType.BOOLEAN: return { type, value: take(1)[0] };
        case kType.VECTOR: return { type, value: take(u32()).toString('hex') };
        default: return { type, value: take(u32()).toString() };
      }
    };
    const all = Array.from({ length: u32() }, () => columns.map(cell));
    return from === data.length ? { columns, rows: all } : { error: 'the packed buffer is malformed' };
  }
}
