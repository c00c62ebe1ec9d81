// What no good client sends, against the live server: each is answered by a clear error or the end of its own connection, and a
// good client beside it goes on as if nothing was.
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { bindings_of } from './bindings.mjs';
import { connect, pause, rows, until } from './client.mjs';
import { RawSocket, v2 } from './raw.mjs';
import { module_bytes, Server } from './server.mjs';
import { definition_of, module_of } from './wasm.mjs';

let server;
let good;
let ticket = 1n;
let good_calls = 0;
let running;
before(async () => {
  server = await Server.start();
  await server.publish('vault', { name: 'vault' });
  good = await connect(server, 'vault', await bindings_of(server, 'vault'));
  await good.subscribe(['SELECT * FROM account', 'SELECT * FROM transfer_line']);
});
after(async () => {
  await good.close();
  await server.stop();
});
// The good client works while the others do what they do.
beforeEach(() => {
  const state = { on: true, longest: 0 };
  state.done = (async () => {
    while (state.on) {
      const start = Date.now();
      await good.reducers.transfer({ ticket: ticket++, source: good_calls % 32, target: (good_calls + 1) % 32, amount: 1n });
      ++good_calls;
      state.longest = Math.max(state.longest, Date.now() - start);
      await pause(2);
    }
  })();
  running = state;
});
afterEach(async () => {
  running.on = false;
  await running.done;
  assert.deepEqual(good.disconnects, []);
  assert.ok(running.longest < 30_000, `the good client waited ${running.longest} ms`);
  assert.equal(rows(good.db.account).reduce((sum, each) => sum + each.balance, 0n), 32_000n);
});

/// True where the other side answered something or ended the connection; a pong counts as an answer.
async function settled(raw) {
  if (raw.closed) return;
  raw.socket.write(RawSocket.frame(Buffer.from('still there'), { code: 9 }));
  const seen = raw.frames.length;
  await raw.wait((at) => at.closed || at.close !== undefined || at.frames.slice(seen).some((frame) => frame.code === 10), 60_000);
}
const put = async (name, body, token) => {
  const response = await server.http(`database/${name}`, { method: 'PUT', body, token });
  return { status: response.status, text: await response.text() };
};

describe('hostile clients', () => {
  const messages = {
    subscribe: v2.subscribe(1, 1, ['SELECT * FROM account']), unsubscribe: v2.unsubscribe(1, 1),
    query: v2.query(1, 'SELECT * FROM account'), call: v2.transfer(1, 999_999_999n, 0, 1, 0n), procedure: v2.procedure(1, 'weigh'),
  };
  for (const [name, message] of Object.entries(messages)) {
    test(`frames: ${name} cut and flipped at every byte`, async () => {
      const frame = RawSocket.frame(message);
      const attacks = [];
      for (let at = 0; at < frame.length; ++at) {
        attacks.push({ bytes: frame.subarray(0, at), cut: true });
        const flipped = Buffer.from(frame);
        flipped[at] ^= 1 << (at % 8);
        attacks.push({ bytes: flipped });
      }
      for (let at = 0; at < message.length; ++at) attacks.push({ bytes: RawSocket.frame(message.subarray(0, at)) });
      for (let i = 0; i < attacks.length; i += 16) {
        await Promise.all(attacks.slice(i, i + 16).map(async ({ bytes, cut }, k) => {
          const raw = await RawSocket.open(server, 'vault', { protocol: k % 2 ? 'v3.bsatn.spacetimedb' : 'v2.bsatn.spacetimedb' });
          assert.equal(raw.status, 101);
          raw.socket.on('error', () => {});
          raw.socket.write(bytes);
          if (cut) {
            await raw.wait((at) => at.frames.length > 0, 20);
            raw.vanish();
            return;
          }
          // A frame that announces more than comes is waited for; all others are settled.
          await Promise.race([settled(raw), pause(200)]);
          if (raw.close) assert.ok(raw.close.code >= 1001 && raw.close.code <= 1013, `${raw.close.code} ${raw.close.reason}`);
          raw.vanish();
        }));
      }
    });
  }
  test('frames: what the protocol forbids ends with a reason', async () => {
    const cases = [
      [RawSocket.frame(messages.query, { masked: false }), 1002], [RawSocket.frame(messages.query, { reserved: 0x40 }), 1002],
      [RawSocket.frame(messages.query, { code: 3 }), 1002], [RawSocket.frame(Buffer.alloc(126), { code: 9 }), 1002],
      [RawSocket.frame(messages.query, { code: 0 }), 1002], [RawSocket.frame(Buffer.from('text'), { code: 1 }), 1011],
      [RawSocket.frame(Buffer.from([200])), 1011], [RawSocket.frame(v2.call(1, 'beat', new Uint8Array(), 7)), 1011],
    ];
    for (const [bytes, code] of cases) {
      const raw = await RawSocket.open(server, 'vault');
      raw.socket.on('error', () => {});
      raw.socket.write(bytes);
      assert.ok(await raw.wait((at) => at.close !== undefined), `it is told why, instead of ${code}`);
      assert.ok(raw.close.code === code || raw.close.code === 1003 || raw.close.code === 1007, `${raw.close.code} for ${code}`);
      raw.vanish();
    }
  });
  test('arguments: cut and flipped ones of real reducers', async () => {
    await server.publish('cabinet', { name: 'cabinet' });
    const bindings = await bindings_of(server, 'cabinet');
    const client = await connect(server, 'cabinet', bindings);
    await client.subscribe('SELECT * FROM many_string');
    // ["a", "søster", ""] as BSATN
    const args = Buffer.concat([[3, 0, 0, 0], [1, 0, 0, 0, 97], [7, 0, 0, 0], Buffer.from('søster'), [0, 0, 0, 0]].map((each) => Buffer.from(each)));
    let refused = 0;
    for (let at = 0; at < args.length; ++at) {
      await assert.rejects(client.connection.callReducer('put_many_string', new Uint8Array(args.subarray(0, at))), { name: 'InternalError' });
      for (const bit of [1, 0x80]) {
        const flipped = new Uint8Array(args);
        flipped[at] ^= bit;
        await client.connection.callReducer('put_many_string', flipped).catch((error) => {
          assert.equal(error.name, 'InternalError');
          assert.match(error.message, /\S/);
          ++refused;
        });
      }
    }
    assert.ok(refused > args.length / 2, `${refused} refused`);
    await assert.rejects(client.connection.callReducer('put_many_string', new Uint8Array([255, 255, 255, 255])), { name: 'InternalError' });
    for (const row of rows(client.db.manyString)) assert.ok(Array.isArray(row.value));
    for (const body of ['', '[', '{}', '[1]', '["a"]', '[["a"], 2]', '[[null]]', '[["a"]', `[${'['.repeat(100_000)}`]) {
      const response = await server.http('database/cabinet/call/put_many_string',
        { method: 'POST', body, headers: { 'content-type': 'application/json' } });
      assert.equal(response.status, 400, `${body.slice(0, 20)}: ${await response.text()}`);
    }
    await client.close();
  });
  test('tokens: wrong, cut and signed by nobody', async () => {
    const { token } = await server.new_identity();
    const [head, claims, signature] = token.split('.');
    const decoded = JSON.parse(Buffer.from(claims, 'base64url'));
    const other = Buffer.from(JSON.stringify({ ...decoded, sub: 'somebody-else' })).toString('base64url');
    const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    const wrong = ['x', 'a.b.c', `${head}.${claims}`, `${head}.${claims}.`, `${head}.${other}.${signature}`, `${unsigned}.${claims}.`,
      `${head}.${claims}.${signature.split('').reverse().join('')}`, 'z'.repeat(10_000)];
    for (let at = 1; at < token.length; at += 7) wrong.push(token.slice(0, at));
    for (const each of wrong) {
      for (const [route, options] of [['database/vault/sql', { method: 'POST', body: 'SELECT 1' }], ['identity/websocket-token', { method: 'POST' }],
        ['database/vault', { method: 'PUT', body: 'x' }]]) {
        const response = await server.http(route, { ...options, token: each });
        await response.text();
        assert.ok([400, 401].includes(response.status), `${route}: ${response.status}`);
      }
      const raw = await RawSocket.open(server, 'vault', { token: each });
      assert.ok([400, 401].includes(raw.status), `${raw.status}`);
      raw.vanish();
    }
    const stranger = await server.new_identity();
    assert.ok([401, 403].includes((await put('vault', module_bytes('vault'), stranger.token)).status));
    const removed = await server.http('database/vault', { method: 'DELETE', token: stranger.token });
    assert.ok([401, 403].includes(removed.status), `${removed.status}`);
  });
  test('upgrades: that are none', async () => {
    for (const options of [{ protocol: 'v9.bsatn' }, { protocol: '' }, { path: '/v1/database/vault/subscribe?connection_id=zz' },
      { path: '/v1/database/vault/subscribe?compression=Zip' }, { path: '/v1/database/no-such/subscribe' },
      { path: `/v1/database/${'x'.repeat(7000)}/subscribe` }]) {
      const raw = await RawSocket.open(server, 'vault', options);
      assert.ok(raw.status >= 400 && raw.status < 500, `${JSON.stringify(options).slice(0, 80)}: ${raw.status}`);
      raw.vanish();
    }
  });
});

describe('hostile modules', () => {
  test('modules: that are no programs', async () => {
    const real = module_bytes('lobby');
    const bad = [Buffer.alloc(0), Buffer.from('#!/bin/sh\necho'), Buffer.from('\x7fELF'), Buffer.from([0, 0x61, 0x73, 0x6d]),
      Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), Buffer.from([0, 0x61, 0x73, 0x6d, 9, 0, 0, 0]), Buffer.alloc(100_000, 0xff)];
    for (let at = 16; at < real.length; at += 1999) bad.push(real.subarray(0, at));
    for (const bytes of bad) {
      const { status, text } = await put('broken', bytes);
      assert.ok(status >= 400 && status < 600, `${status}`);
      assert.match(text, /\S/);
    }
    assert.equal((await server.http('database/broken')).status, 404, 'nothing was made of them');
  });
  test('modules: a real one with bytes flipped', async () => {
    const real = module_bytes('lobby');
    const codes = {};
    for (let at = 8; at < real.length; at += 701) {
      const bytes = Buffer.from(real);
      bytes[at] ^= 0x11;
      const { status, text } = await put('flipped', bytes);
      codes[status] = (codes[status] ?? 0) + 1;
      if (status === 200) {
        const response = await server.http('database/flipped/call/close_lobby', { method: 'POST', body: '[]', headers: { 'content-type': 'application/json' } });
        await response.text();
        assert.equal((await server.http('database/flipped', { method: 'DELETE' })).status >= 200, true);
      } else {
        assert.match(text, /\S/);
      }
    }
    assert.ok(Object.entries(codes).some(([status]) => status >= 400), JSON.stringify(codes));
  });
  test('modules: with imports, exports and starts that do not do', async () => {
    const definition = await definition_of(module_bytes('lobby'));
    assert.ok(definition.length > 200);
    const cases = {
      'an unknown module': [module_of(definition, { imports: [['env', 'nothing']] }), /env/],
      'an unknown function': [module_of(definition, { imports: [['spacetime_10.0', 'format_disk']] }), /format_disk/],
      'a wrong type': [module_of(definition, { imports: [['spacetime_10.0', 'console_log']] }), /console_log/],
      'a later ABI': [module_of(definition, { imports: [['spacetime_99.0', 'console_log']] }), /./],
      'no memory': [module_of(definition, { leave_out: ['memory'] }), /memory/],
      'no description': [module_of(definition, { leave_out: ['__describe_module__'] }), /describe/],
      'a trap at the start': [module_of(definition, { start: [0x00] }), /unreachable|trap/i],
      'a description that traps': [module_of(definition, { describe: [0x00] }), /unreachable|trap/i],
      'a description out of its memory': [module_of(definition, { describe: [0x20, 0, 0x41, 0x7f, 0x41, 8, 0x10, 0, 0x1a] }), /./],
      'no bytes': [module_of(Buffer.alloc(0)), /./],
      'more memory than there can be': [module_of(definition, { memory: 65537 }), /memory/i],
    };
    for (const [what, [bytes, expected]] of Object.entries(cases)) {
      const { status, text } = await put('wrong', bytes);
      assert.ok(status >= 400 && status < 600, `${what}: ${status} ${text}`);
      assert.match(text, expected, what);
    }
    const endless = put('endless', module_of(definition, { start: [0x03, 0x40, 0x0c, 0, 0x0b] }));
    // Not a timer that this program would wait for at its end.
    const outcome = await Promise.race([endless, new Promise((resolve) => { setTimeout(resolve, 200_000).unref(); })]);
    assert.ok(outcome && outcome.status >= 400, `a start that never ends: ${JSON.stringify(outcome)}`);
  });
  test('definitions: cut and flipped at every byte', async () => {
    const definition = await definition_of(module_bytes('lobby'));
    const fine = await put('defined', module_of(definition));
    assert.ok([200, 500, 400, 530].includes(fine.status), fine.text);
    let refused = 0;
    const attempt = async (bytes, lane) => {
      const { status, text } = await put(`defined-${lane}`, module_of(bytes));
      if (status === 200) {
        await (await server.http(`database/defined-${lane}`, { method: 'DELETE' })).text();
        return;
      }
      assert.ok(status >= 400 && status < 600, `${status}`);
      assert.match(text, /\S/);
      ++refused;
    };
    const stride = process.env.ORRERY_FULL ? 1 : 3;
    const attacks = [];
    for (let at = 0; at < definition.length; at += stride) {
      attacks.push(definition.subarray(0, at));
      const flipped = Buffer.from(definition);
      flipped[at] ^= 1 << (at % 8);
      attacks.push(flipped);
    }
    await Promise.all([0, 1, 2, 3].map(async (lane) => {
      for (let i = lane; i < attacks.length; i += 4) await attempt(attacks[i], lane);
    }));
    assert.ok(refused >= attacks.length / 2, `${refused} of ${attacks.length}`);
  });
});

describe('greedy clients', () => {
  test('floods: more requests than the queue takes', async () => {
    const raw = await RawSocket.open(server, 'vault');
    raw.socket.on('error', () => {});
    const burst = Buffer.concat(Array.from({ length: 1000 }, (_, i) => RawSocket.frame(v2.query(i, 'SELECT * FROM transfer_line'))));
    // A server that is quick needs more of them until it is behind.
    const end = Date.now() + 60_000;
    while (!raw.closed && raw.close === undefined && Date.now() < end) {
      raw.socket.write(burst);
      await pause(1);
    }
    await raw.wait((at) => at.closed || at.close !== undefined, 60_000);
    assert.ok(raw.closed || raw.close, 'it is shown the door');
    if (raw.close) assert.ok([1013, 1011, 1008].includes(raw.close.code), `${raw.close.code} ${raw.close.reason}`);
    raw.vanish();
  });
  test('slow readers: one that reads nothing is dropped', async () => {
    const database = await server.publish('atlas');
    const writer = await connect(server, database, await bindings_of(server, database));
    const raw = await RawSocket.open(server, database, { query: 'compression=None&confirmed=false' });
    raw.socket.on('error', () => {});
    raw.send(v2.subscribe(1, 1, ['SELECT * FROM sheet']));
    assert.ok(await raw.wait((at) => at.frames.length >= 2));
    raw.socket.pause();
    for (let i = 0; i < 300; ++i) await writer.reducers.printSheet({ id: i, size: 1_000_000 });
    raw.socket.resume();
    assert.ok(await raw.wait((at) => at.closed || at.close !== undefined, 60_000), 'it is dropped');
    assert.ok(raw.bytes_in < 290_000_000, `the server has not kept everything for it: ${raw.bytes_in}`);
    await writer.close();
  });
  test('floods: hundreds of connections at once', async () => {
    const sockets = await Promise.all(Array.from({ length: 300 }, () => RawSocket.open(server, 'vault').catch(() => undefined)));
    const open = sockets.filter((raw) => raw?.status === 101);
    assert.ok(open.length > 200, `${open.length} of 300`);
    for (const raw of open) raw.send(v2.subscribe(1, 1, ['SELECT * FROM account']));
    for (const raw of open.slice(0, 100)) assert.ok(await raw.wait((at) => at.frames.length >= 2));
    for (const raw of sockets) raw?.vanish();
    const again = await connect(server, 'vault', await bindings_of(server, 'vault'));
    await again.subscribe('SELECT * FROM guest');
    await until(() => again.db.guest.count() <= 3n, 'those who vanished are not guests any more', 60);
    await again.close();
  });
  test('floods: requests of nonsense over HTTP', async () => {
    const texts = ['GARBAGE\r\n\r\n', 'GET\r\n\r\n', 'GET /v1/ping HTTP/9.9\r\n\r\n', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
      'POST /v1/database/vault/sql HTTP/1.1\r\nContent-Length: -5\r\n\r\n', 'GET /v1/ping HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n',
      'POST /v1/database/vault/sql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'];
    const { connect: dial } = await import('node:net');
    await Promise.all(texts.map((text) => new Promise((resolve, reject) => {
      const [host, port] = server.address.split(':');
      const socket = dial({ host, port: Number(port) });
      let answer = '';
      socket.on('data', (data) => { answer += data; });
      socket.on('error', () => {});
      socket.on('close', () => (answer === '' || /^HTTP\/1\.[01] [45]\d\d/.test(answer) ? resolve() : reject(new Error(answer))));
      socket.write(text);
      setTimeout(() => socket.end(), 500);
    })));
    for (const query of ['', ';', 'SELECT', `SELECT ${'('.repeat(50_000)}1`, 'DROP TABLE account', '\0']) {
      const response = await server.http('database/vault/sql', { method: 'POST', body: query });
      assert.equal(response.status, 400, `${query.slice(0, 30)}: ${await response.text()}`);
    }
    assert.equal((await server.http('ping')).status, 200);
  });
});
