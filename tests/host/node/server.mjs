// The server under test: `orrery start` in a folder of its own, and what is asked of it over HTTP.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const kModules = process.env.ORRERY_MODULES ?? 'build/modules';

export function module_bytes(name) {
  return fs.readFileSync(path.join(kModules, `${name}.wasm`));
}

export class Server {
  /// `folder` keeps the data of an earlier server; without it there is a new one, removed by stop().
  static async start({ folder, args = [], prefix = [] } = {}) {
    const server = new Server();
    server.own_folder = folder === undefined;
    server.folder = folder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'orrery-host-'));
    server.args = args;
    server.prefix = prefix;
    server.databases = 0;
    await server.run();
    return server;
  }

  run() {
    return new Promise((resolve, reject) => {
      const command = [...this.prefix, process.env.ORRERY_PROGRAM ?? 'build/release/bin/orrery', 'start',
        '--listen-addr', '127.0.0.1:0', '--data-dir', path.join(this.folder, 'data'), ...this.args];
      const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
      this.child = child;
      this.errors = '';
      let text = '';
      child.stderr.on('data', (d) => {
        this.errors += d;
        if (!this.quiet) process.stderr.write(d);
      });
      child.stdout.on('data', (d) => {
        text += d;
        const found = /listening on 127\.0\.0\.1:(\d+)/.exec(text);
        if (found) {
          this.address = `127.0.0.1:${found[1]}`;
          resolve(this);
        }
      });
      this.ended = new Promise((done) => child.on('exit', (code, signal) => {
        done(code ?? signal);
        reject(new Error(`the server ended with ${code ?? signal}: ${text} ${this.errors}`));
      }));
    });
  }

  kill() {
    this.child.kill('SIGKILL');
    return this.ended;
  }

  /// Ends with SIGTERM; the exit status.
  async halt() {
    this.child.kill('SIGTERM');
    return await this.ended;
  }

  async stop() {
    const code = await this.halt();
    if (this.own_folder) fs.rmSync(this.folder, { recursive: true, force: true });
    assert.equal(code, 0, 'the server stops cleanly');
  }

  http(route, options = {}) {
    const headers = { ...(options.headers ?? {}) };
    if (options.token) headers.Authorization = `Bearer ${options.token}`;
    return fetch(`http://${this.address}/v1/${route}`, { ...options, headers });
  }

  async new_identity() {
    return await (await this.http('identity', { method: 'POST' })).json();
  }

  /// Publishes modules/`module` under a new name, owned by nobody known; the name.
  async publish(module, { name = `${module}-${this.databases++}`, token, query = '' } = {}) {
    const response = await this.http(`database/${name}${query}`, { method: 'PUT', body: module_bytes(module), token });
    assert.equal(response.status, 200, await response.text());
    return name;
  }

  async schema(database, version) {
    const response = await this.http(`database/${database}/schema?version=${version}`);
    assert.equal(response.status, 200);
    return JSON.parse(await response.text());
  }

  /// Rows of a query, as arrays.
  async sql(database, text, { token } = {}) {
    const response = await this.http(`database/${database}/sql`, { method: 'POST', body: text, token });
    const answer = await response.text();
    assert.equal(response.status, 200, answer);
    return JSON.parse(answer)[0].rows;
  }
}
