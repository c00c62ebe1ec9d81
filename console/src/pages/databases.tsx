// All databases of the signed-in identity, those visited before, and any other by its name.
import { useEffect, useState } from 'preact/hooks';
import { ownDatabases, type DatabaseInfo } from '../data/http';
import { forgetVisit, visited } from '../data/visited';
import { go, href } from '../data/route';
import type { Session } from '../data/session';
import { CopyHex } from '../parts/copy';
import { Icon } from '../parts/icons';
import { Command, Notice } from '../parts/notice';

const kAgainMillis = 3000;

function useOwn(identity: string): { list: DatabaseInfo[] | null; problem: string } {
  const [list, setList] = useState<DatabaseInfo[] | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    let current = true;
    let timer = 0;
    const look = async () => {
      try {
        const found = await ownDatabases(identity);
        if (!current) return;
        setList(found.sort((a, b) => (a.names[0] ?? '~').localeCompare(b.names[0] ?? '~')));
        setProblem('');
      } catch (error) {
        if (current) setProblem((error as Error).message);
      }
      if (current) timer = setTimeout(() => void look(), kAgainMillis);
    };
    void look();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [identity]);
  return { list, problem };
}

function Own({ list }: { list: DatabaseInfo[] }) {
  if (list.length === 0) {
    return (
      <Notice title="No database of yours yet">
        <p>Publish one, and sign in here with the token of who published it:</p>
        <Command text={'orrery init --template chat-cpp my-chat\norrery publish my-chat --module-path my-chat\norrery login show --token'} />
        <p>
          <a href={href('sign-in')}>Sign in with a token</a>, or open a database by its name above.
        </p>
      </Notice>
    );
  }
  return (
    <ul class="cards">
      {list.map((database) => {
        const name = database.names[0] ?? database.identity;
        return (
          <li key={database.identity} class="card database">
            <a href={href('db', name, 'tables')}>{database.names[0] ?? 'without a name'}</a>
            {database.names.length > 1 && <p class="small">also {database.names.slice(1).join(', ')}</p>}
            <CopyHex hex={database.identity} label="identity of the database" />
          </li>
        );
      })}
    </ul>
  );
}

export function Databases({ session }: { session: Session }) {
  const { list, problem } = useOwn(session.identity);
  const [name, setName] = useState('');
  const [recent, setRecent] = useState(visited);
  const others = recent.filter((visit) => !list?.some((own) => own.names.includes(visit) || own.identity === visit));
  return (
    <main class="page" id="content">
      <header class="page-head">
        <h1>Databases</h1>
        <form
          class="inline"
          role="search"
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== '') go('db', name.trim(), 'tables');
          }}
        >
          <input aria-label="Name or identity of a database" placeholder="Open by name or identity" value={name} onInput={(e) => setName(e.currentTarget.value)} />
          <button type="submit">Open</button>
        </form>
      </header>
      {problem && <Notice title="The list cannot be read" tone="error"><p>{problem}. It is asked for again every few seconds.</p></Notice>}
      {list && <Own list={list} />}
      {others.length > 0 && (
        <section>
          <h2 class="section-title">Visited before</h2>
          <ul class="recent">
            {others.map((visit) => (
              <li key={visit}>
                <a href={href('db', visit, 'tables')}>{visit}</a>
                <button
                  type="button"
                  class="plain"
                  aria-label={`Forget ${visit}`}
                  onClick={() => {
                    forgetVisit(visit);
                    setRecent(visited());
                  }}
                >
                  <Icon name="close" />
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </main>
  );
}
