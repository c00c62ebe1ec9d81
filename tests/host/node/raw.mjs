// A WebSocket without a library, over a plain socket: frames as a test wants them, good or bad, and ends without goodbye.
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { BinaryWriter } from 'spacetimedb';

export class RawSocket {
  /// Resolves with the answer to the upgrade in `status`; 101 when it is one.
  static open(server, database, { protocol = 'v2.bsatn.spacetimedb', query = 'compression=None', token, path, headers = {} } = {}) {
    const raw = new RawSocket();
    const [host, port] = server.address.split(':');
    raw.socket = net.connect({ host, port: Number(port), noDelay: true });
    raw.received = Buffer.alloc(0);
    raw.frames = [];
    raw.bytes_in = 0;
    return new Promise((resolve, reject) => {
      raw.socket.on('error', (error) => {
        raw.error = error;
        reject(error);
        raw.wake?.();
      });
      raw.socket.on('close', () => {
        raw.closed = true;
        raw.wake?.();
        if (raw.status === undefined) reject(new Error('closed before an answer'));
      });
      raw.socket.on('connect', () => {
        const lines = [`GET ${path ?? `/v1/database/${database}/subscribe?${query}`} HTTP/1.1`, `Host: ${server.address}`,
          'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13',
          `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`];
        if (protocol) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
        if (token) lines.push(`Authorization: Bearer ${token}`);
        for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
        raw.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
      });
      raw.socket.on('data', (data) => {
        raw.bytes_in += data.length;
        raw.received = raw.received.length === 0 ? data : Buffer.concat([raw.received, data]);
        if (raw.status === undefined) {
          const end = raw.received.indexOf('\r\n\r\n');
          if (end < 0) return;
          raw.status = Number(/^HTTP\/1\.1 (\d+)/.exec(raw.received.toString('latin1'))?.[1]);
          raw.received = raw.received.subarray(end + 4);
          resolve(raw);
        }
        raw.take_frames();
      });
    });
  }

  take_frames() {
    for (;;) {
      const at = this.received;
      if (at.length < 2) return;
      let size = at[1] & 127;
      let offset = 2;
      if (size === 126) {
        if (at.length < 4) return;
        size = at.readUInt16BE(2);
        offset = 4;
      } else if (size === 127) {
        if (at.length < 10) return;
        size = Number(at.readBigUInt64BE(2));
        offset = 10;
      }
      if (at.length < offset + size) return;
      const payload = at.subarray(offset, offset + size);
      this.frames.push({ code: at[0] & 15, last: (at[0] & 128) !== 0, payload });
      if ((at[0] & 15) === 8) this.close = { code: payload.length < 2 ? 1005 : payload.readUInt16BE(0), reason: payload.subarray(2).toString() };
      this.received = at.subarray(offset + size);
      this.wake?.();
    }
  }

  /// The bytes of one masked frame.
  static frame(payload, { code = 2, last = true, masked = true, reserved = 0 } = {}) {
    const head = [(last ? 128 : 0) | reserved | code];
    const mark = masked ? 128 : 0;
    if (payload.length < 126) head.push(mark | payload.length);
    else if (payload.length < 65536) head.push(mark | 126, payload.length >> 8, payload.length & 255);
    else head.push(mark | 127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (payload.length >>> shift) & 255));
    if (!masked) return Buffer.concat([Buffer.from(head), payload]);
    const mask = randomBytes(4);
    return Buffer.concat([Buffer.from(head), mask, Buffer.from(payload.map((byte, i) => byte ^ mask[i & 3]))]);
  }

  send(payload, options) { this.socket.write(RawSocket.frame(Buffer.from(payload), options)); }

  /// True when `condition(this)` holds within `millis`.
  async wait(condition, millis = 60_000) {
    const end = Date.now() + millis;
    while (!condition(this)) {
      const left = end - Date.now();
      if (left <= 0) return false;
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.wake = undefined;
    }
    return true;
  }

  /// Gone, without a closing handshake.
  vanish() {
    this.socket.on('error', () => {});
    this.socket.resetAndDestroy();
  }
}

function message(tag, write) {
  const writer = new BinaryWriter(64);
  writer.writeU8(tag);
  write(writer);
  return Buffer.from(writer.getBuffer());
}
const array = (writer, texts) => {
  writer.writeU32(texts.length);
  for (const text of texts) writer.writeString(text);
};

/// Messages of protocol v2.
export const v2 = {
  subscribe: (request, set, queries) => message(0, (w) => {
    w.writeU32(request);
    w.writeU32(set);
    array(w, queries);
  }),
  unsubscribe: (request, set, flags = 1) => message(1, (w) => {
    w.writeU32(request);
    w.writeU32(set);
    w.writeU8(flags);
  }),
  query: (request, text) => message(2, (w) => {
    w.writeU32(request);
    w.writeString(text);
  }),
  call: (request, reducer, args = new Uint8Array(), flags = 0) => message(3, (w) => {
    w.writeU32(request);
    w.writeU8(flags);
    w.writeString(reducer);
    w.writeUInt8Array(args);
  }),
  procedure: (request, name, args = new Uint8Array()) => message(4, (w) => {
    w.writeU32(request);
    w.writeU8(0);
    w.writeString(name);
    w.writeUInt8Array(args);
  }),
  transfer: (request, ticket, source, target, amount) => {
    const args = new BinaryWriter(32);
    args.writeU64(ticket);
    args.writeU32(source);
    args.writeU32(target);
    args.writeI64(amount);
    return v2.call(request, 'transfer', args.getBuffer());
  },
};
