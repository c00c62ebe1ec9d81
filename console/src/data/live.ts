// Live SELECTs of one database over one WebSocket, which comes back by itself when it is lost.
import { socketToken } from './http';
import { items, member, number, parseJson, text, type Json } from './json';
import type { ChangeMessage } from './live_rows';
import { typeOf, type Type } from './types';

export interface LiveColumn {
  name: string;
  /// As SQL calls it.
  type: string;
  /// Of the cells, which says more: identities, times.
  algebraic: Type;
}
export interface LiveFailure {
  message: string;
  /// How many characters of the statement stand before the error; negative where that is not known.
  position: number;
}
/// What one live SELECT is told. A result comes again after every reconnection.
export interface LiveListener {
  result(columns: LiveColumn[], rows: Json[][]): void;
  change(change: ChangeMessage): void;
  /// The query is gone.
  failed(error: LiveFailure): void;
}
export type LiveState = 'connecting' | 'open' | 'lost';

const kProtocol = 'v1.live.orrery';
const kRetryFirstMillis = 400;
const kRetryMaxMillis = 8000;

interface Query {
  sql: string;
  listener: LiveListener;
}

export class LiveConnection {
  private socket: WebSocket | null = null;
  private readonly queries = new Map<number, Query>();
  private readonly watchers = new Set<(state: LiveState) => void>();
  private nextId = 1;
  private retryMillis = kRetryFirstMillis;
  private retryTimer = 0;
  private closed = false;
  state: LiveState = 'connecting';

  constructor(private readonly database: string) {
    void this.connect();
  }

  watch(watcher: (state: LiveState) => void): () => void {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  }

  subscribe(sql: string, listener: LiveListener): () => void {
    const id = this.nextId++;
    this.queries.set(id, { sql, listener });
    if (this.state === 'open') this.send({ subscribe: { id, sql } });
    return () => {
      if (this.queries.delete(id) && this.state === 'open') this.send({ unsubscribe: { id } });
    };
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.retryTimer);
    this.queries.clear();
    this.socket?.close();
  }

  private send(message: object): void {
    this.socket?.send(JSON.stringify(message));
  }

  private enter(state: LiveState): void {
    this.state = state;
    for (const tell of this.watchers) tell(state);
  }

  private async connect(): Promise<void> {
    let token: string;
    try {
      token = await socketToken();
    } catch {
      this.retry();
      return;
    }
    if (this.closed) return;
    const address = new URL(`/v1/database/${encodeURIComponent(this.database)}/live`, location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    address.searchParams.set('token', token);
    const socket = new WebSocket(address, kProtocol);
    this.socket = socket;
    socket.onmessage = (event) => this.hear(parseJson(String(event.data)));
    socket.onclose = () => this.retry();
  }

  private retry(): void {
    this.socket = null;
    if (this.closed) return;
    this.enter('lost');
    this.retryTimer = setTimeout(() => void this.connect(), this.retryMillis);
    this.retryMillis = Math.min(this.retryMillis * 2, kRetryMaxMillis);
  }

  private hear(message: Json): void {
    if (member(message, 'hello') !== undefined) {
      this.retryMillis = kRetryFirstMillis;
      this.enter('open');
      for (const [id, { sql }] of this.queries) this.send({ subscribe: { id, sql } });
      return;
    }
    for (const kind of ['result', 'change', 'error'] as const) {
      const body = member(message, kind);
      const id = number(member(body, 'id'));
      const query = this.queries.get(id);
      if (body !== undefined && query) this.tell(kind, id, body, query.listener);
    }
  }

  private tell(kind: 'result' | 'change' | 'error', id: number, body: Json, listener: LiveListener): void {
    if (kind === 'result') {
      const columns = items(member(body, 'columns')).map((c) => ({
        name: text(member(c, 'name')),
        type: text(member(c, 'type')),
        algebraic: typeOf(member(c, 'algebraic_type')),
      }));
      listener.result(columns, items(member(body, 'rows')).map(items));
    } else if (kind === 'change') {
      listener.change({
        removed: items(member(body, 'removed')).map(number),
        added: items(member(body, 'added')).map((a) => ({ position: number(member(a, 'position')), row: items(member(a, 'row')) })),
      });
    } else {
      this.queries.delete(id);
      const position = member(body, 'position');
      listener.failed({ message: text(member(body, 'message')), position: typeof position === 'number' ? position : -1 });
    }
  }
}
