// The module's log as it comes.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useDatabase } from '../data/database';
import { followLogs, HttpError } from '../data/http';
import { member, number, parseJson, text } from '../data/json';
import { href } from '../data/route';
import { Notice } from '../parts/notice';
import { localTimestampText } from '../values/times';

interface LogLine {
  id: number;
  level: string;
  micros: number;
  place: string;
  message: string;
}

const kLevels = ['Panic', 'Error', 'Warn', 'Info', 'Debug', 'Trace'];
const kLinesMax = 5000;
const kLinesAtFirst = 500;
const kLinesShown = 2000;
const kAgainMillis = 1500;

let nextId = 1;

function lineOf(raw: string): LogLine {
  const id = nextId++;
  try {
    const json = parseJson(raw);
    const file = text(member(json, 'filename'));
    const line = member(json, 'line_number');
    return {
      id,
      level: text(member(json, 'level')),
      micros: number(member(json, 'ts')),
      place: file === '__spacetimedb__' ? 'host' : line === undefined || line === null ? file : `${file}:${number(line)}`,
      message: text(member(json, 'message')),
    };
  } catch {
    return { id, level: 'Info', micros: 0, place: '', message: raw };
  }
}

function useLog(name: string): { lines: LogLine[]; refused: boolean; away: boolean } {
  const [lines, setLines] = useState<LogLine[]>([]);
  const [refused, setRefused] = useState(false);
  const [away, setAway] = useState(false);
  useEffect(() => {
    const ending = new AbortController();
    let timer = 0;
    const follow = async () => {
      let fresh = true;
      try {
        await followLogs(name, kLinesAtFirst, ending.signal, (raw) => {
          const came = raw.filter((line) => line !== '').map(lineOf);
          const before = fresh;
          fresh = false;
          setAway(false);
          setLines((old) => (before ? came : [...old, ...came].slice(-kLinesMax)));
        });
      } catch (error) {
        if (ending.signal.aborted) return;
        if (error instanceof HttpError && (error.status === 403 || error.status === 401)) {
          setRefused(true);
          return;
        }
      }
      if (ending.signal.aborted) return;
      setAway(true);
      timer = setTimeout(() => void follow(), kAgainMillis);
    };
    void follow();
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [name]);
  return { lines, refused, away };
}

function Line({ line }: { line: LogLine }) {
  return (
    <li class={`log-line level-${line.level.toLowerCase()}`}>
      <time>{localTimestampText(BigInt(line.micros)).slice(0, -3)}</time>
      <span class="level">{line.level}</span>
      <span class="log-message">{line.message}</span>
      <span class="log-place">{line.place}</span>
    </li>
  );
}

export function Logs() {
  const { name } = useDatabase();
  const { lines, refused, away } = useLog(name);
  const [level, setLevel] = useState('Trace');
  const [wanted, setWanted] = useState('');
  const [following, setFollowing] = useState(true);
  const list = useRef<HTMLUListElement>(null);
  const shown = useMemo(() => {
    const rank = kLevels.indexOf(level);
    const needle = wanted.toLowerCase();
    return lines.filter((l) => kLevels.indexOf(l.level) <= rank && l.message.toLowerCase().includes(needle)).slice(-kLinesShown);
  }, [lines, level, wanted]);
  useLayoutEffect(() => {
    const element = list.current;
    if (following && element) element.scrollTop = element.scrollHeight;
  }, [shown, following]);
  if (refused) {
    return (
      <main class="page" id="content">
        <Notice title="The log is the owner’s">
          <p>Sign in with the token of the identity that published this database to read it.</p>
          <p>
            <a class="button" href={href('sign-in')}>
              Sign in
            </a>
          </p>
        </Notice>
      </main>
    );
  }
  return (
    <main class="main full" id="content" tabIndex={-1}>
      <div class="tools">
        <label>
          Level
          <select value={level} onChange={(e) => setLevel(e.currentTarget.value)}>
            {kLevels.map((l) => (
              <option key={l} value={l}>
                {l === 'Trace' ? 'all' : l === 'Panic' ? 'panics' : `${l.toLowerCase()} and worse`}
              </option>
            ))}
          </select>
        </label>
        <label class="filter">
          <span>TEXT</span>
          <input aria-label="Only lines with this text" placeholder="all lines" value={wanted} onInput={(e) => setWanted(e.currentTarget.value)} />
        </label>
        <label class="check">
          <input type="checkbox" checked={following} onChange={(e) => setFollowing(e.currentTarget.checked)} />
          Follow
        </label>
        <span class="count" role="status">{away ? 'the server is away, trying again' : `${shown.length} of ${lines.length} lines`}</span>
      </div>
      {shown.length === 0 ? (
        <Notice title={lines.length === 0 ? 'Nothing in the log yet' : 'No line fits'}>
          <p>{lines.length === 0 ? 'What the module logs (LOG_INFO and the like) appears here at once.' : 'Choose another level or another text.'}</p>
        </Notice>
      ) : (
        <ul
          class="log"
          ref={list}
          tabIndex={0}
          aria-label="Log lines"
          onScroll={(e) => {
            const el = e.currentTarget;
            setFollowing(el.scrollHeight - el.scrollTop - el.clientHeight < 24);
          }}
        >
          {shown.map((line) => (
            <Line key={line.id} line={line} />
          ))}
        </ul>
      )}
    </main>
  );
}
