// One database: its tabs, and the state of the live connection.
import { useEffect } from 'preact/hooks';
import { DatabaseProvider, useLiveState, useOpened, type Database } from '../data/database';
import { href } from '../data/route';
import type { Session } from '../data/session';
import { rememberVisit } from '../data/visited';
import { later } from '../parts/later';
import { Command, Notice } from '../parts/notice';
import { Calls } from './calls';
import { Logs } from './logs';
import { Tables } from './tables';

const Sql = later(async () => (await import('./sql')).Sql);
const Activity = later(async () => (await import('./activity')).Activity);

const kTabs = [
  ['tables', 'Tables'],
  ['sql', 'SQL'],
  ['calls', 'Calls'],
  ['logs', 'Logs'],
  ['activity', 'Activity'],
] as const;

const kLiveTexts = {
  connecting: 'connecting',
  open: 'live',
  lost: 'connection lost, trying again',
};

function LiveMark({ database }: { database: Database }) {
  const state = useLiveState(database.live);
  return (
    <span class={`live-mark live-${state}`} role="status">
      {kLiveTexts[state]}
    </span>
  );
}

function Tab({ tab, place }: { tab: string; place: string }) {
  switch (tab) {
    case 'sql':
      return <Sql />;
    case 'calls':
      return <Calls chosen={place} />;
    case 'logs':
      return <Logs />;
    case 'activity':
      return <Activity />;
    default:
      return <Tables chosen={place} />;
  }
}

interface Props {
  name: string;
  session: Session;
  tab: string;
  place: string;
}

export function DatabasePage({ name, session, tab, place }: Props) {
  const opened = useOpened(name, session.token);
  const isOpen = opened.state === 'open';
  useEffect(() => {
    document.title = `${name} · Orrery`;
    if (isOpen) rememberVisit(name);
    return () => void (document.title = 'Orrery');
  }, [name, isOpen]);
  if (opened.state === 'opening') return <main class="page" id="content" aria-busy="true" />;
  if (opened.state === 'failed') {
    return (
      <main class="page" id="content">
        <Notice title={opened.missing ? `There is no database ${name}` : 'The database cannot be opened'} tone="error">
          <p>{opened.missing ? 'Look at the name again, or publish a module under it:' : `${opened.message}. It is tried again every few seconds.`}</p>
          {opened.missing && <Command text={`orrery publish ${name} --module-path FOLDER`} />}
          <p>
            <a href={href()}>All databases</a>
          </p>
        </Notice>
      </main>
    );
  }
  return (
    <DatabaseProvider value={opened.database}>
      <nav class="tabs" aria-label={`Parts of ${name}`}>
        {kTabs.map(([id, title]) => (
          <a key={id} href={href('db', name, id)} aria-current={id === tab ? 'page' : undefined}>
            {title}
          </a>
        ))}
        <LiveMark database={opened.database} />
      </nav>
      <Tab tab={tab} place={place} />
    </DatabaseProvider>
  );
}

