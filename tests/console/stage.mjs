// What the tests of the console stand on: a server, another client of it, and a browser that is watched.
import { spawn } from 'node:child_process';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';

export class Stage {
  #scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'orrery-console-'));
  #port = 0;
  /// What the browser complained of, and what it asked of others than the server.
  complaints = [];
  outside = [];
  /// While the server is away on purpose, failing requests are no complaint.
  isAway = false;

  get base() {
    return `http://127.0.0.1:${this.#port}`;
  }

  async open() {
    await this.startServer();
    const made = await (await fetch(`${this.base}/v1/identity`, { method: 'POST' })).json();
    this.token = made.token;
    this.identity = made.identity;
    await this.publish('workshop');
    this.browser = await chromium.launch({ executablePath: process.env.ORRERY_CHROMIUM, args: ['--no-sandbox'] });
  }

  async close() {
    await this.browser?.close();
    await this.stopServer();
    fs.rmSync(this.#scratch, { recursive: true, force: true });
  }

  startServer() {
    return new Promise((resolve, reject) => {
      const child = spawn(process.env.ORRERY_PROGRAM, ['start', '--listen-addr', `127.0.0.1:${this.#port}`, '--data-dir', path.join(this.#scratch, 'data')]);
      let said = '';
      child.stderr.on('data', (data) => process.stderr.write(data));
      child.stdout.on('data', (data) => {
        said += data;
        const found = /listening on 127\.0\.0\.1:(\d+)/.exec(said);
        if (!found) return;
        // After a restart the same port is used, as a browser would find it.
        this.#port = Number(found[1]);
        resolve();
      });
      child.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
      this.server = child;
    });
  }

  stopServer() {
    return new Promise((resolve) => {
      this.server.removeAllListeners('exit');
      this.server.on('exit', resolve);
      this.server.kill('SIGTERM');
    });
  }

  async ask(method, target, body, type) {
    const headers = { authorization: `Bearer ${this.token}`, ...(type ? { 'content-type': type } : {}) };
    const response = await fetch(this.base + target, { method, headers, body });
    const said = await response.text();
    assert.ok(response.ok, `${method} ${target}: ${response.status} ${said}`);
    return said;
  }

  publish(name) {
    return this.ask('PUT', `/v1/database/${name}`, fs.readFileSync(process.env.ORRERY_MODULE));
  }

  /// A call by another client than the browser.
  call(reducer, ...args) {
    return this.ask('POST', `/v1/database/workshop/call/${reducer}`, JSON.stringify(args), 'application/json');
  }

  /// The answer's text, in which numbers stand exactly.
  sql(statement) {
    return this.ask('POST', '/v1/database/workshop/sql', statement);
  }

  async page(options = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light', ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(8000);
    page.on('console', (message) => {
      // What the server refuses the browser calls an error too; some tests want refusals.
      const refusal = /^Failed to load resource: the server responded with a status of (400|401|403|530) /.test(message.text());
      if (['error', 'warning'].includes(message.type()) && !refusal && !this.isAway) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(this.base) && !request.url().startsWith('data:')) this.outside.push(request.url());
    });
    return page;
  }

  /// A page whose browser is signed in as the owner.
  async signedIn(options = {}) {
    const page = await this.page(options);
    await page.goto(`${this.base}/#/sign-in?token=${this.token}`);
    await page.getByRole('heading', { name: 'Databases' }).waitFor();
    return page;
  }

  async show(page, place) {
    await page.goto(`${this.base}/#/db/workshop/${place}`);
  }

  picture(page, name) {
    return page.screenshot({ path: `pictures/${name}.png` });
  }
}

export async function until(condition, what, millis = 8000) {
  const end = Date.now() + millis;
  while (Date.now() < end) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  assert.fail(`never happened: ${what}`);
}
