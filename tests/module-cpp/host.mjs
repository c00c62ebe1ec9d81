// A toy host for modules: an in-memory store that gives a module everything it may import, for tests only. Rows are kept as
// bytes in order of insertion; keys are decoded and compared. A failing call is rolled back.
import { Reader, Writer, definition, hex, unhex } from './bsatn.mjs';

const OK = 0, NOT_IN_TX = 2, DECODE_ERROR = 3, NO_TABLE = 4, NO_INDEX = 5, NO_ITER = 6, NO_TIMER = 7, NO_BYTES = 8;
const TOO_SMALL = 11, UNIQUE = 12, NOT_UNIQUE = 14, NO_ROW = 15, WOULD_BLOCK = 17, NOT_ANONYMOUS = 18, HTTP_ERROR = 21;

function compare(a, b) {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (typeof a !== 'object') return a < b ? -1 : a > b ? 1 : 0;
  const keys = Object.keys(a);
  if (keys.length === 1 && !(keys[0] in b)) throw new Error('sums are compared by tag');
  for (const key of keys) {
    const order = compare(a[key], b[key]);
    if (order !== 0) return order;
  }
  return 0;
}

class Table {
  constructor(definition, typespace) {
    this.definition = definition;
    this.name = definition.name;
    this.typespace = typespace;
    this.columns = typespace[definition.row].Product;
    this.rows = new Map();
    this.next = new Map(definition.sequences.map((each) => [each.column, 1n]));
  }
  /// The values of a row; enums become their tag so that they compare.
  decode(bytes) {
    const reader = new Reader(bytes);
    const values = this.columns.map(([, type]) => this.key(reader, type));
    if (!reader.done) throw new Error(`${this.name}: row of ${bytes.length} bytes, ${reader.at} read`);
    return values;
  }
  key(reader, type) {
    const resolved = type.Ref === undefined ? type : this.typespace[type.Ref];
    if (resolved.Sum && resolved.Sum.every(([, each]) => each.Product?.length === 0)) return reader.u8();
    return reader.value(resolved, this.typespace);
  }
  /// Fills generated columns; gives the row and the bytes of the generated ones.
  generate(bytes) {
    const reader = new Reader(bytes);
    const row = new Writer();
    const generated = new Writer();
    this.columns.forEach(([, type], column) => {
      const begin = reader.at;
      reader.value(type, this.typespace);
      const old = bytes.subarray(begin, reader.at);
      if (this.next.has(column) && old.every((byte) => byte === 0)) {
        const value = new Writer().value(type, this.next.get(column), this.typespace).bytes();
        this.next.set(column, this.next.get(column) + 1n);
        row.raw(value);
        generated.raw(value);
      } else {
        row.raw(old);
      }
    });
    return [row.bytes(), generated.bytes()];
  }
  /// A row that has the same value in a unique column, apart from `except`.
  conflict(bytes, except) {
    const values = this.decode(bytes);
    for (const [key, row] of this.rows) {
      if (key === except) continue;
      const other = this.decode(row);
      for (const unique of this.definition.unique) {
        if (unique.every((column) => compare(values[column], other[column]) === 0)) return key;
      }
    }
    return null;
  }
  /// What a rollback brings back: rows, but not the values of sequences.
  copy() { return new Map(this.rows); }
  restore(rows) { this.rows = rows; }
}

export class Trap extends Error {}

export class Host {
  /// Instantiates a module and runs its preinit exports. Options: now (microseconds), sender, connection, http, jwt, trace.
  constructor(bytes, options = {}) {
    this.module = new WebAssembly.Module(bytes);
    this.now = options.now ?? 1700000000000000n;
    this.sender = options.sender ?? unhex('01'.repeat(32));
    this.connection = options.connection ?? unhex('02'.repeat(16));
    this.database = unhex('db'.repeat(32));
    this.http = options.http ?? (() => ({ error: 'there is no network' }));
    this.jwt = options.jwt ?? null;
    this.chunk = options.chunk ?? 32768;
    this.logs = [];
    this.trace = [];
    this.tables = [];
    this.indexes = [];
    this.sources = new Map();
    this.sinks = new Map();
    this.iters = new Map();
    this.timers = new Set();
    this.next_handle = 1;
    this.commit_failures = 0;
    for (const { module, name, kind } of WebAssembly.Module.imports(this.module)) {
      if (kind !== 'function' || !(this.imports()[module]?.[name])) throw new Error(`unknown import ${module}.${name}`);
    }
    this.start();
    this.description = this.describe();
    this.definition = definition(this.description);
    const { typespace, tables = [] } = this.definition;
    this.tables = tables.map((each) => new Table(each, typespace));
    this.tables.forEach((table) => table.definition.indexes.forEach((index) => this.indexes.push({ table, ...index })));
  }

  /// A new instance over the same store, as after a trap.
  start() {
    this.instance = new WebAssembly.Instance(this.module, this.imports());
    this.exports = this.instance.exports;
    this.exports._initialize?.();
    const preinits = Object.keys(this.exports).filter((name) => name.startsWith('__preinit__'));
    preinits.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const name of preinits) this.exports[name]();
  }
  describe() {
    const sink = this.sink();
    this.exports.__describe_module__(sink);
    return this.taken(sink);
  }

  memory() { return new Uint8Array(this.exports.memory.buffer); }
  bytes(at, n) {
    if (at === 0 && n !== 0) throw new Trap('null pointer');
    return this.memory().slice(at, at + n);
  }
  text(at, n) { return new TextDecoder().decode(this.bytes(at, n)); }
  u32(at) { return new DataView(this.exports.memory.buffer).getUint32(at, true); }
  set_u32(at, v) { new DataView(this.exports.memory.buffer).setUint32(at, v, true); }
  set_u64(at, v) { new DataView(this.exports.memory.buffer).setBigUint64(at, BigInt(v), true); }
  handle() { return this.next_handle++; }
  source(bytes) {
    if (bytes.length === 0) return 0;
    const id = this.handle();
    this.sources.set(id, { bytes, at: 0 });
    return id;
  }
  sink() {
    const id = this.handle();
    this.sinks.set(id, []);
    return id;
  }
  taken(sink) {
    const parts = this.sinks.get(sink);
    this.sinks.delete(sink);
    return new Uint8Array(Buffer.concat(parts));
  }
  log(call, fields) { this.trace.push({ call, ...fields }); }
  table(name) { return this.tables.find((each) => each.name === name); }
  /// The rows of a table as objects.
  rows(name) {
    const table = this.table(name);
    return [...table.rows.values()].map((row) => new Reader(row).value({ Product: table.columns }, table.typespace));
  }

  iterate(rows) {
    const id = this.handle();
    this.iters.set(id, rows);
    return id;
  }
  bound(reader, type, table) {
    const tag = reader.u8();
    return { tag, value: tag === 2 ? null : table.key(reader, type) };
  }
  /// The keys of rows in a range of an index, in index order; null when the arguments cannot be decoded.
  range(index, prefix_elements, prefix, start, end) {
    const { table, columns } = index;
    if (prefix_elements >= columns.length) return null;
    const types = columns.map((column) => table.columns[column][1]);
    const reader = new Reader(prefix_elements === 0 ? new Uint8Array() : prefix);
    const equal = types.slice(0, prefix_elements).map((type) => table.key(reader, type));
    const low = this.bound(new Reader(start), types[prefix_elements], table);
    const high = this.bound(new Reader(end), types[prefix_elements], table);
    const inside = (value) => {
      if (low.tag !== 2 && compare(value, low.value) < (low.tag === 0 ? 0 : 1)) return false;
      return high.tag === 2 || compare(value, high.value) <= (high.tag === 0 ? 0 : -1);
    };
    return this.matching(index, (key) =>
      equal.every((value, i) => compare(key[i], value) === 0) && inside(key[prefix_elements]));
  }
  matching({ table, columns }, accept) {
    const found = [];
    for (const [key, row] of table.rows) {
      const values = table.decode(row);
      const index_key = columns.map((column) => values[column]);
      if (accept(index_key)) found.push([index_key, key]);
    }
    found.sort(([a], [b]) => {
      for (let i = 0; i < a.length; ++i) {
        const order = compare(a[i], b[i]);
        if (order !== 0) return order;
      }
      return 0;
    });
    return found.map(([, key]) => key);
  }
  insert(table, at, length, replaced) {
    const bytes = this.bytes(at, this.u32(length));
    let row, generated;
    try {
      [row, generated] = table.generate(bytes);
      table.decode(row);
    } catch {
      return DECODE_ERROR;
    }
    const key = hex(row);
    if (!table.rows.has(key) || replaced !== undefined) {
      if (table.conflict(row, replaced) !== null) return UNIQUE;
      if (replaced !== undefined) table.rows.delete(replaced);
      table.rows.set(key, row);
    }
    this.memory().set(generated, at);
    this.set_u32(length, generated.length);
    return [OK, hex(bytes), hex(generated)];
  }

  imports() {
    if (this.import_object !== undefined) return this.import_object;
    const at = (list, id) => list[id - 1];
    const in_tx = (f) => (...args) => (this.tx === null || this.tx === undefined ? NOT_IN_TX : f(...args));
    const scan_range = (id, p, pn, elements, s, sn, e, en, out) => {
      const index = at(this.indexes, id);
      if (index === undefined) return NO_INDEX;
      const parts = [elements === 0 ? new Uint8Array() : this.bytes(p, pn), this.bytes(s, sn), this.bytes(e, en)];
      this.log('datastore_index_scan_range_bsatn', {
        index: index.source_name, prefix_elems: elements, prefix: hex(parts[0]), rstart: hex(parts[1]),
        rend: hex(parts[2]), prefix_ptr_null: p === 0 });
      const keys = this.range(index, elements, ...parts);
      if (keys === null) return DECODE_ERROR;
      this.set_u32(out, this.iterate(keys.map((key) => index.table.rows.get(key))));
      return OK;
    };
    const delete_range = (id, p, pn, elements, s, sn, e, en, out) => {
      const index = at(this.indexes, id);
      if (index === undefined) return NO_INDEX;
      const parts = [elements === 0 ? new Uint8Array() : this.bytes(p, pn), this.bytes(s, sn), this.bytes(e, en)];
      this.log('datastore_delete_by_index_scan_range_bsatn', {
        index: index.source_name, prefix_elems: elements, prefix: hex(parts[0]), rstart: hex(parts[1]),
        rend: hex(parts[2]), prefix_ptr_null: p === 0 });
      const keys = this.range(index, elements, ...parts);
      if (keys === null) return DECODE_ERROR;
      for (const key of keys) index.table.rows.delete(key);
      this.set_u32(out, keys.length);
      return OK;
    };
    this.import_object = {
      'spacetime_10.0': {
        table_id_from_name: in_tx((p, n, out) => {
          const name = this.text(p, n);
          this.log('table_id_from_name', { name });
          const id = this.tables.findIndex((each) => each.name === name) + 1;
          if (id === 0) return NO_TABLE;
          this.set_u32(out, id);
          return OK;
        }),
        index_id_from_name: in_tx((p, n, out) => {
          const name = this.text(p, n);
          this.log('index_id_from_name', { name });
          const id = this.indexes.findIndex((each) => each.source_name === name) + 1;
          if (id === 0) return NO_INDEX;
          this.set_u32(out, id);
          return OK;
        }),
        datastore_table_row_count: in_tx((id, out) => {
          const table = at(this.tables, id);
          if (table === undefined) return NO_TABLE;
          this.set_u64(out, table.rows.size);
          return OK;
        }),
        datastore_table_scan_bsatn: in_tx((id, out) => {
          const table = at(this.tables, id);
          if (table === undefined) return NO_TABLE;
          this.log('datastore_table_scan_bsatn', { table: table.name });
          this.set_u32(out, this.iterate([...table.rows.values()]));
          return OK;
        }),
        datastore_index_scan_range_bsatn: in_tx(scan_range),
        datastore_delete_by_index_scan_range_bsatn: in_tx(delete_range),
        datastore_delete_all_by_eq_bsatn: in_tx((id, p, n, out) => {
          const table = at(this.tables, id);
          if (table === undefined) return NO_TABLE;
          const bytes = this.bytes(p, n);
          this.log('datastore_delete_all_by_eq_bsatn', { table: table.name, relation: hex(bytes) });
          const reader = new Reader(bytes);
          let deleted = 0;
          for (let left = reader.u32(); left > 0; --left) {
            const begin = reader.at;
            reader.value({ Product: table.columns }, table.typespace);
            if (table.rows.delete(hex(bytes.subarray(begin, reader.at)))) ++deleted;
          }
          this.set_u32(out, deleted);
          return OK;
        }),
        datastore_insert_bsatn: in_tx((id, p, length) => {
          const table = at(this.tables, id);
          if (table === undefined) return NO_TABLE;
          const result = this.insert(table, p, length);
          if (typeof result === 'number') {
            this.log('datastore_insert_bsatn', { table: table.name, error: result });
            return result;
          }
          this.log('datastore_insert_bsatn', { table: table.name, row_in: result[1], written_back: result[2] });
          return OK;
        }),
        datastore_update_bsatn: in_tx((table_id, id, p, length) => {
          const table = at(this.tables, table_id);
          const index = at(this.indexes, id);
          if (table === undefined) return NO_TABLE;
          if (index === undefined) return NO_INDEX;
          const bytes = this.bytes(p, this.u32(length));
          const unique = table.definition.unique.some((each) => String(each) === String(index.columns));
          if (!unique) return NOT_UNIQUE;
          const values = table.decode(bytes);
          const wanted = index.columns.map((column) => values[column]);
          const [old] = this.matching(index, (key) => key.every((value, i) => compare(value, wanted[i]) === 0));
          if (old === undefined) {
            this.log('datastore_update_bsatn', { table: table.name, index: index.source_name, row_in: hex(bytes), error: NO_ROW });
            return NO_ROW;
          }
          const result = this.insert(table, p, length, old);
          if (typeof result === 'number') return result;
          this.log('datastore_update_bsatn', {
            table: table.name, index: index.source_name, row_in: result[1], written_back: result[2] });
          return OK;
        }),
        row_iter_bsatn_advance: (id, buffer, length) => {
          const rows = this.iters.get(id);
          if (rows === undefined) return NO_ITER;
          const capacity = this.u32(length);
          if (rows.length > 0 && rows[0].length > capacity) {
            this.set_u32(length, rows[0].length);
            return TOO_SMALL;
          }
          let used = 0;
          while (rows.length > 0 && used + rows[0].length <= Math.min(capacity, Math.max(this.chunk, rows[0].length))) {
            const row = rows.shift();
            this.memory().set(row, buffer + used);
            used += row.length;
          }
          this.set_u32(length, used);
          if (rows.length > 0) return 0;
          this.iters.delete(id);
          return -1;
        },
        row_iter_bsatn_close: (id) => (this.iters.delete(id) ? OK : NO_ITER),
        bytes_source_read: (id, buffer, length) => {
          const source = this.sources.get(id);
          if (source === undefined) return NO_BYTES;
          const part = source.bytes.subarray(source.at, source.at + this.u32(length));
          this.memory().set(part, buffer);
          this.set_u32(length, part.length);
          source.at += part.length;
          if (source.at < source.bytes.length) return 0;
          this.sources.delete(id);
          return -1;
        },
        bytes_sink_write: (id, p, length) => {
          const sink = this.sinks.get(id);
          if (sink === undefined) return NO_BYTES;
          sink.push(Buffer.from(this.bytes(p, this.u32(length))));
          return OK;
        },
        console_log: (level, t, tn, f, fn, line, p, n) => {
          this.logs.push({ level, target: t === 0 ? null : this.text(t, tn), message: n === 0 ? '' : this.text(p, n) });
        },
        console_timer_start: () => {
          const id = this.handle();
          this.timers.add(id);
          return id;
        },
        console_timer_end: (id) => (this.timers.delete(id) ? OK : NO_TIMER),
        identity: (out) => { this.memory().set(this.database, out); },
      },
      'spacetime_10.1': {
        bytes_source_remaining_length: (id, out) => {
          const source = this.sources.get(id);
          if (source === undefined) return NO_BYTES;
          this.set_u32(out, source.bytes.length - source.at);
          return OK;
        },
      },
      'spacetime_10.2': {
        get_jwt: in_tx((connection, out) => {
          this.set_u32(out, this.jwt === null ? 0 : this.source(new TextEncoder().encode(this.jwt)));
          return OK;
        }),
      },
      'spacetime_10.3': {
        procedure_sleep_until: (wake_at) => {
          if (wake_at > this.now) this.now = wake_at;
          return this.now;
        },
        procedure_start_mut_tx: (out) => {
          if (this.tx) return WOULD_BLOCK;
          this.log('procedure_start_mut_tx', {});
          this.begin();
          this.set_u64(out, this.now);
          return OK;
        },
        procedure_commit_mut_tx: () => {
          if (!this.tx) return NOT_ANONYMOUS;
          this.log('procedure_commit_mut_tx', {});
          if (this.commit_failures > 0) {
            --this.commit_failures;
            this.rollback();
            return 1;
          }
          this.tx = null;
          return OK;
        },
        procedure_abort_mut_tx: () => {
          if (!this.tx) return NOT_ANONYMOUS;
          this.log('procedure_abort_mut_tx', {});
          this.rollback();
          return OK;
        },
        procedure_http_request: (p, n, b, bn, out) => {
          if (this.tx) return WOULD_BLOCK;
          if (b === 0) throw new Trap('null pointer');
          const answer = this.http(this.bytes(p, n), this.bytes(b, bn));
          if (answer.error !== undefined) {
            this.set_u32(out, this.source(new Writer().string(answer.error).bytes()));
            return HTTP_ERROR;
          }
          this.set_u32(out, this.source(answer.response));
          this.set_u32(out + 4, this.source(answer.body));
          return OK;
        },
      },
      'spacetime_10.4': {
        datastore_index_scan_point_bsatn: in_tx((id, p, n, out) => {
          const index = at(this.indexes, id);
          if (index === undefined) return NO_INDEX;
          const point = this.bytes(p, n);
          this.log('datastore_index_scan_point_bsatn', { index: index.source_name, point: hex(point) });
          const { table } = index;
          const reader = new Reader(point);
          const wanted = index.columns.map((column) => table.key(reader, table.columns[column][1]));
          const keys = this.matching(index, (key) => key.every((value, i) => compare(value, wanted[i]) === 0));
          this.set_u32(out, this.iterate(keys.map((key) => table.rows.get(key))));
          return OK;
        }),
      },
      'spacetime_10.5': {
        datastore_clear: in_tx((id, out) => {
          const table = at(this.tables, id);
          if (table === undefined) return NO_TABLE;
          this.set_u64(out, table.rows.size);
          table.rows.clear();
          return OK;
        }),
      },
    };
    return this.import_object;
  }

  begin() { this.tx = this.tables.map((table) => table.copy()); }
  rollback() {
    if (this.tx) this.tables.forEach((table, i) => table.restore(this.tx[i]));
    this.tx = null;
  }
  words(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Array.from({ length: bytes.length / 8 }, (_, i) => view.getBigInt64(i * 8, true));
  }
  encode(params, values) {
    return new Writer().value({ Product: params }, values, this.definition.typespace).bytes();
  }
  /// Runs f; what it answers with the logs and host calls of the run. A trap makes a new instance.
  run(f) {
    this.logs = [];
    this.trace = [];
    let trap = null;
    let answer;
    try {
      answer = f();
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError) && !(error instanceof Trap)) throw error;
      trap = error.message;
    }
    const result = { ...answer, trap, logs: this.logs, host_calls: this.trace, leaked_iterators: this.iters.size };
    if (trap !== null) {
      this.rollback();
      this.iters.clear();
      this.start();
    }
    return result;
  }
  reducer(name, args = [], options = {}) {
    const id = this.definition.reducers.findIndex((each) => each.name === name);
    if (id < 0) throw new Error(`no reducer ${name}`);
    const bytes = options.bytes ?? this.encode(this.definition.reducers[id].params, args);
    return this.reducer_by_id(id, bytes, options);
  }
  reducer_by_id(id, bytes, options = {}) {
    return this.run(() => {
      this.begin();
      const sink = this.sink();
      const code = this.exports.__call_reducer__(
        id, ...this.words(options.sender ?? this.sender), ...this.words(options.connection ?? this.connection),
        options.now ?? this.now, this.source(bytes), sink);
      const message = new TextDecoder().decode(this.taken(sink));
      if (code === 0) this.tx = null;
      else this.rollback();
      return { code, message };
    });
  }
  view(name) {
    const view = this.definition.views.find((each) => each.name === name);
    return this.run(() => {
      this.begin();
      const sink = this.sink();
      const code = view.is_anonymous
        ? this.exports.__call_view_anon__(view.index, 0, sink)
        : this.exports.__call_view__(view.index, ...this.words(this.sender), 0, sink);
      this.rollback();
      const bytes = this.taken(sink);
      const reader = new Reader(bytes);
      const { typespace } = this.definition;
      let rows, sql;
      if (reader.u8() === 1) {
        sql = reader.string();
      } else {
        const row = view.returns.Array ?? view.returns.Sum?.[0][1];
        rows = reader.list((r) => r.value(row, typespace));
      }
      return { code, bytes, rows, sql };
    });
  }
  procedure(name, args = [], options = {}) {
    const id = this.definition.procedures.findIndex((each) => each.name === name);
    const { params, returns } = this.definition.procedures[id];
    return this.run(() => {
      const sink = this.sink();
      const code = this.exports.__call_procedure__(
        id, ...this.words(this.sender), ...this.words(options.connection ?? this.connection), this.now,
        this.source(this.encode(params, args)), sink);
      const bytes = this.taken(sink);
      if (this.tx) throw new Error('a transaction was left open');
      return { code, bytes, value: new Reader(bytes).value(returns, this.definition.typespace) };
    });
  }
  handler(name, request, body) {
    const id = this.definition.http_handlers.indexOf(name);
    return this.run(() => {
      const response = this.sink();
      const out = this.sink();
      const code = this.exports.__call_http_handler__(
        id, this.now, this.source(request), this.source(body), response, out);
      return { code, response: this.taken(response), body: this.taken(out) };
    });
  }
}
