// Requests to the server that the console came from.
import { parseJson, items, member, number, text, type Json } from './json';
import { schemaOf, type ModuleSchema } from './schema';
import { session, type Session } from './session';
import { fieldsOf, type Field } from './types';

export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Headers,
  ) {
    super(message);
  }
}

/// Where the server did not answer at all.
export class Unreachable extends Error {
  constructor() {
    super('The server does not answer');
  }
}

interface Options {
  method?: string;
  body?: string;
  contentType?: string;
  token?: string;
  signal?: AbortSignal;
}

export async function ask(path: string, options: Options = {}): Promise<Response> {
  const headers = new Headers();
  const token = options.token ?? session()?.token;
  if (token) headers.set('authorization', `Bearer ${token}`);
  if (options.contentType) headers.set('content-type', options.contentType);
  let response: Response;
  try {
    response = await fetch(path, {
      method: options.method ?? 'GET',
      headers,
      ...(options.body === undefined ? {} : { body: options.body }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Unreachable();
  }
  if (!response.ok) {
    throw new HttpError(response.status, (await response.text()) || response.statusText, response.headers);
  }
  return response;
}

async function askJson(path: string, options: Options = {}): Promise<Json> {
  return parseJson(await (await ask(path, options)).text());
}

const database = (name: string) => `/v1/database/${encodeURIComponent(name)}`;

export async function serverVersion(): Promise<string> {
  return text(member(await askJson('/v1/health'), 'version'));
}

// --- identities ---------------------------------------------------------------------------------

export async function newIdentity(): Promise<Session> {
  const made = await askJson('/v1/identity', { method: 'POST', token: '' });
  return { token: text(member(made, 'token')), identity: text(member(made, 'identity')) };
}

/// The identity that a token proves; fails where the server does not take the token.
export async function identityOf(token: string): Promise<Session> {
  const made = await askJson('/v1/identity/websocket-token', { method: 'POST', token });
  const claims = text(member(made, 'token')).split('.')[1] ?? '';
  const payload = parseJson(atob(claims.replaceAll('-', '+').replaceAll('_', '/')));
  return { token, identity: text(member(payload, 'hex_identity')) };
}

/// Lives for a minute, so it may stand in an address.
export async function socketToken(): Promise<string> {
  return text(member(await askJson('/v1/identity/websocket-token', { method: 'POST' }), 'token'));
}

// --- databases ------------------------------------------------------------------------------------

export interface DatabaseInfo {
  identity: string;
  names: string[];
  owner: string;
}

function identityText(json: Json | undefined): string {
  return text(member(json, '__identity__')).replace(/^0x/, '').padStart(64, '0');
}

export async function describeDatabase(name: string): Promise<DatabaseInfo> {
  const [info, names] = await Promise.all([askJson(database(name)), askJson(`${database(name)}/names`)]);
  return {
    identity: identityText(member(info, 'database_identity')),
    owner: identityText(member(info, 'owner_identity')),
    names: items(member(names, 'names')).map(text),
  };
}

export async function ownDatabases(identity: string): Promise<DatabaseInfo[]> {
  const found = items(member(await askJson(`/v1/identity/${identity}/databases`), 'identities')).map(text);
  return Promise.all(found.map(describeDatabase));
}

export async function databaseSchema(name: string): Promise<ModuleSchema> {
  return schemaOf(await askJson(`${database(name)}/schema?version=10`));
}

// --- SQL and calls --------------------------------------------------------------------------------

export interface SqlResult {
  columns: Field[];
  rows: Json[][];
  micros: number;
  inserted: number;
  deleted: number;
  updated: number;
}

export async function runSql(name: string, sql: string): Promise<SqlResult> {
  const answer = items(await askJson(`${database(name)}/sql`, { method: 'POST', body: sql }))[0];
  const stats = member(answer, 'stats');
  return {
    columns: fieldsOf(member(answer, 'schema')),
    rows: items(member(answer, 'rows')).map(items),
    micros: number(member(answer, 'total_duration_micros')),
    inserted: number(member(stats, 'rows_inserted')),
    deleted: number(member(stats, 'rows_deleted')),
    updated: number(member(stats, 'rows_updated')),
  };
}

export interface CallResult {
  /// Of procedures: what they returned.
  value: Json | undefined;
  micros: number;
}

export async function callFunction(name: string, callee: string, args: string): Promise<CallResult> {
  const path = `${database(name)}/call/${encodeURIComponent(callee)}`;
  const response = await ask(path, { method: 'POST', body: args, contentType: 'application/json' });
  const body = await response.text();
  return {
    value: body === '' ? undefined : parseJson(body),
    micros: Number(response.headers.get('spacetime-execution-duration-micros') ?? 0),
  };
}

// --- statistics -----------------------------------------------------------------------------------

export interface ClientInfo {
  identity: string;
  connection: string;
  protocol: string;
  connectedMicros: number;
  subscriptions: number;
  sentBytes: number;
}
export interface Stats {
  clients: ClientInfo[];
  transactions: number;
  calls: number;
  rows: number;
  subscriptions: number;
  uptimeMicros: number;
  memoryBytes: number;
}

export async function databaseStats(name: string, signal: AbortSignal): Promise<Stats> {
  const stats = await askJson(`${database(name)}/stats`, { signal });
  return {
    clients: items(member(stats, 'clients')).map((client) => ({
      identity: text(member(client, 'identity')),
      connection: text(member(client, 'connection_id')),
      protocol: text(member(client, 'protocol')),
      connectedMicros: number(member(client, 'connected_micros')),
      subscriptions: number(member(client, 'subscriptions')),
      sentBytes: number(member(client, 'sent_bytes')),
    })),
    transactions: number(member(stats, 'transactions')),
    calls: number(member(stats, 'reducer_calls')),
    rows: number(member(stats, 'rows_changed')),
    subscriptions: number(member(stats, 'subscriptions')),
    uptimeMicros: number(member(stats, 'uptime_micros')),
    memoryBytes: number(member(stats, 'memory_bytes')),
  };
}

/// Lines of the module's log as they come, until the signal ends it or the server does.
export async function followLogs(name: string, lines: number, signal: AbortSignal, take: (lines: string[]) => void): Promise<void> {
  const response = await ask(`${database(name)}/logs?num_lines=${lines}&follow=true`, { signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  while (reader) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split('\n');
    rest = parts.pop() ?? '';
    if (parts.length > 0) take(parts);
  }
}
