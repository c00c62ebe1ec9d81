// The database that is looked at: its schema, and its live connection.
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { databaseSchema, describeDatabase, HttpError, type DatabaseInfo } from './http';
import { LiveConnection, type LiveState } from './live';
import type { ModuleSchema } from './schema';
import { session } from './session';

export interface Database {
  name: string;
  info: DatabaseInfo;
  schema: ModuleSchema;
  live: LiveConnection;
  /// Whether the one who looks may see private tables, logs and statistics.
  isOwner: boolean;
}

export type Opened = { state: 'opening' } | { state: 'open'; database: Database } | { state: 'failed'; message: string; missing: boolean };

const DatabaseContext = createContext<Database | null>(null);
export const DatabaseProvider = DatabaseContext.Provider;

export function useDatabase(): Database {
  const database = useContext(DatabaseContext);
  if (!database) throw new Error('no database is open');
  return database;
}

const kAgainMillis = 2000;

/// Opens it, again after the server was away, and its schema again when the connection came back.
export function useOpened(name: string, token: string): Opened {
  const [opened, setOpened] = useState<Opened>({ state: 'opening' });
  useEffect(() => {
    let current = true;
    let timer = 0;
    const live = new LiveConnection(name);
    const open = async () => {
      try {
        const [info, schema] = await Promise.all([describeDatabase(name), databaseSchema(name)]);
        if (!current) return;
        setOpened({ state: 'open', database: { name, info, schema, live, isOwner: info.owner === session()?.identity } });
      } catch (error) {
        if (!current) return;
        const missing = error instanceof HttpError && error.status === 404;
        setOpened((before) => (before.state === 'open' && !missing ? before : { state: 'failed', message: String((error as Error).message), missing }));
        if (!missing) timer = setTimeout(() => void open(), kAgainMillis);
      }
    };
    setOpened({ state: 'opening' });
    void open();
    let lost = false;
    const unwatch = live.watch((state) => {
      if (state === 'open' && lost) void open();
      lost = state === 'lost';
    });
    return () => {
      current = false;
      clearTimeout(timer);
      unwatch();
      live.close();
    };
  }, [name, token]);
  return opened;
}

export function useLiveState(live: LiveConnection): LiveState {
  const [state, setState] = useState(live.state);
  useEffect(() => {
    setState(live.state);
    return live.watch(setState);
  }, [live]);
  return state;
}
