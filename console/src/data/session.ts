// Who the console is: a token, kept by the browser, and the identity that it proves.
import { useEffect, useState } from 'preact/hooks';

export interface Session {
  token: string;
  identity: string;
}

const kKey = 'orrery.session';
const listeners = new Set<() => void>();

function load(): Session | null {
  try {
    const stored = JSON.parse(localStorage.getItem(kKey) ?? 'null') as Partial<Session> | null;
    return stored?.token && stored.identity ? { token: stored.token, identity: stored.identity } : null;
  } catch {
    return null;
  }
}

let current = load();

export function session(): Session | null {
  return current;
}

export function setSession(next: Session | null): void {
  current = next;
  if (next) localStorage.setItem(kKey, JSON.stringify(next));
  else localStorage.removeItem(kKey);
  for (const tell of listeners) tell();
}

export function useSession(): Session | null {
  const [value, setValue] = useState(current);
  useEffect(() => {
    const tell = () => setValue(current);
    listeners.add(tell);
    return () => void listeners.delete(tell);
  }, []);
  return value;
}
