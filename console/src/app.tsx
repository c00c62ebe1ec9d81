// The frame of all pages: the bar on top, and which page is shown.
import { useEffect, useState } from 'preact/hooks';
import { serverVersion } from './data/http';
import { go, href, useRoute } from './data/route';
import { setSession, useSession, type Session } from './data/session';
import { currentTheme, setTheme } from './data/theme';
import { CopyHex } from './parts/copy';
import { Icon, Mark } from './parts/icons';
import { DatabasePage } from './pages/database';
import { Databases } from './pages/databases';
import { SignIn } from './pages/sign_in';

function ThemeSwitch() {
  const [theme, choose] = useState(currentTheme);
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      class="plain"
      aria-label={`Change to ${other} colours`}
      onClick={() => {
        setTheme(other);
        choose(other);
      }}
    >
      <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
    </button>
  );
}

function Bar({ session, database }: { session: Session; database: string }) {
  const [version, setVersion] = useState('');
  useEffect(() => {
    serverVersion().then(setVersion, () => setVersion(''));
  }, []);
  return (
    <header class="bar">
      <a class="skip" href="#content" onClick={(event) => {
        event.preventDefault();
        document.getElementById('content')?.focus();
      }}>
        To the content
      </a>
      <a class="brand" href={href()} title={version ? `Orrery ${version}` : 'Orrery'}>
        <Mark />
        <span>Orrery</span>
      </a>
      {database && (
        <nav class="crumbs" aria-label="Place">
          <a href={href()}>Databases</a>
          <span aria-hidden="true">/</span>
          <strong>{database.length === 64 ? `${database.slice(0, 8)}…` : database}</strong>
        </nav>
      )}
      <div class="bar-end">
        <span class="who">
          <CopyHex hex={session.identity} label="own identity" />
        </span>
        <button
          type="button"
          class="plain text"
          onClick={() => {
            setSession(null);
            go('sign-in');
          }}
        >
          Sign out
        </button>
        <ThemeSwitch />
      </div>
    </header>
  );
}

export function App() {
  const session = useSession();
  const { parts, query } = useRoute();
  if (!session || parts[0] === 'sign-in') return <SignIn given={query.get('token') ?? ''} />;
  const database = parts[0] === 'db' ? (parts[1] ?? '') : '';
  return (
    <div class="app">
      <Bar session={session} database={database} />
      {database ? (
        <DatabasePage key={`${database} ${session.identity}`} name={database} session={session} tab={parts[2] ?? 'tables'} place={parts[3] ?? ''} />
      ) : (
        <Databases key={session.identity} session={session} />
      )}
    </div>
  );
}
