// Reads what a server sends under protocol v2 and keeps each query set by itself: every row that goes must have been there,
// and what an ended set gives back must be exactly what it had. Rows are told apart by their bytes.
import assert from 'node:assert/strict';
import { BinaryReader } from 'spacetimedb';
import { RawSocket, v2 } from './raw.mjs';

function read_rows(reader) {
  const fixed = reader.readU8() === 0 ? reader.readU16() : undefined;
  const offsets = [];
  if (fixed === undefined) {
    for (let n = reader.readU32(); n > 0; --n) offsets.push(Number(reader.readU64()));
  }
  const data = Buffer.from(reader.readUInt8Array());
  const out = [];
  if (fixed === undefined) {
    offsets.forEach((from, i) => out.push(data.subarray(from, offsets[i + 1] ?? data.length).toString('hex')));
  } else {
    for (let at = 0; at < data.length; at += fixed) out.push(data.subarray(at, at + fixed).toString('hex'));
  }
  return out;
}
function read_array(reader, read) {
  return Array.from({ length: reader.readU32() }, () => read(reader));
}
const read_query_rows = (reader) => read_array(reader, () => {
  const table = reader.readString();
  return read_rows(reader).map((row) => `${table} ${row}`);
}).flat();
const read_update = (reader) => read_array(reader, () => ({
  set: reader.readU32(),
  tables: read_array(reader, () => {
    const table = reader.readString();
    return read_array(reader, () => {
      const named = (rows) => rows.map((row) => `${table} ${row}`);
      if (reader.readU8() === 1) return { inserts: [], deletes: [], events: named(read_rows(reader)) };
      const inserts = named(read_rows(reader));
      return { inserts, deletes: named(read_rows(reader)) };
    });
  }).flat(),
}));

export class Auditor {
  static async open(server, database, options = {}) {
    const auditor = new Auditor();
    auditor.raw = await RawSocket.open(server, database, { query: `compression=None&confirmed=${options.confirmed ?? true}` });
    assert.equal(auditor.raw.status, 101);
    auditor.raw.socket.on('error', () => {});
    auditor.sets = new Map();
    auditor.queries = new Map();
    auditor.history = [];
    auditor.request = 0;
    auditor.answered = 0;
    auditor.next_set = 1;
    return auditor;
  }

  get gone() { return this.raw.closed || this.raw.close !== undefined; }

  subscribe(queries) {
    const set = this.next_set++;
    this.queries.set(set, queries);
    this.raw.send(v2.subscribe(++this.request, set, queries));
    return set;
  }
  unsubscribe(set) { this.raw.send(v2.unsubscribe(++this.request, set)); }
  send(make) { this.raw.send(make(++this.request)); }

  /// Until all that was asked is answered; false where the connection ended.
  async settle(millis = 30_000) {
    const done = await this.raw.wait(() => {
      this.read();
      return this.answered === this.request || this.gone;
    }, millis);
    assert.ok(done, `${this.request - this.answered} requests were never answered`);
    return !this.gone;
  }

  read() {
    for (const frame of this.raw.frames.splice(0)) {
      if (frame.code > 2) {
        if (frame.code === 9) this.raw.send(frame.payload, { code: 10 });
        continue;
      }
      this.parts = this.parts ? Buffer.concat([this.parts, frame.payload]) : frame.payload;
      if (!frame.last) continue;
      this.message(new BinaryReader(new Uint8Array(this.parts).subarray(1)));
      this.parts = undefined;
    }
  }

  /// What was told of one set lately.
  told_of(set) { return this.history.filter((each) => each.replace(/\(.*/, '').endsWith(String(set))).slice(-8).join(' '); }

  add(rows, row, n) {
    const count = (rows.get(row) ?? 0) + n;
    if (count === 0) rows.delete(row);
    else rows.set(row, count);
    return count;
  }

  update(changes) {
    for (const { set, tables } of changes) {
      const rows = this.sets.get(set);
      assert.ok(rows, `an update for the set ${set}, which is not there: ${this.told_of(set)}`);
      this.history.push(`update${set}`);
      for (const { inserts } of tables) for (const row of inserts) this.add(rows, row, 1);
      for (const { deletes } of tables) {
        for (const row of deletes) {
          assert.ok(this.add(rows, row, -1) >= 0, `${this.queries.get(set)} loses ${row}, which it never had: ${this.told_of(set)}`);
        }
      }
    }
  }

  message(reader) {
    const tag = reader.readU8();
    switch (tag) {
      case 1: {
        reader.readU32();
        const set = reader.readU32();
        const rows = new Map();
        for (const row of read_query_rows(reader)) this.add(rows, row, 1);
        this.sets.set(set, rows);
        this.history.push(`applied${set}(${rows.size})`);
        ++this.answered;
        break;
      }
      case 2: {
        reader.readU32();
        const set = reader.readU32();
        const had = this.sets.get(set);
        this.sets.delete(set);
        this.history.push(`ended${set}`);
        assert.equal(reader.readU8(), 0);
        const dropped = new Map();
        for (const row of read_query_rows(reader)) this.add(dropped, row, 1);
        assert.deepEqual([...dropped].sort(), [...had].sort(), `what set ${set} had: ${this.history.slice(-12).join(' ')}`);
        ++this.answered;
        break;
      }
      case 3:
        assert.equal(reader.readU8(), 0, 'a live set failed');
        ++this.answered;
        break;
      case 4:
        this.update(read_update(reader));
        break;
      case 6: {
        reader.readU32();
        reader.readI64();
        ++this.answered;
        if (reader.readU8() === 0) {
          reader.readUInt8Array();
          this.update(read_update(reader));
        }
        break;
      }
      case 5:
      case 7:
        ++this.answered;
        break;
      default:
    }
  }
}
