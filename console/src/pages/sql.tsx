// The SQL page: an editor, and what the statement answers: rows, a plan, or rows that stay up to date.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useDatabase } from '../data/database';
import { HttpError, runSql, type SqlResult } from '../data/http';
import { planTree, type PlanNode } from '../data/plan';
import { rememberStatement, statements } from '../data/statements';
import { useLive } from '../data/use_live';
import { Icon } from '../parts/icons';
import { Notice } from '../parts/notice';
import { PlanTree } from '../parts/plan_tree';
import { ResultGrid } from '../parts/result_grid';
import { SqlEditor, type SqlMark } from '../parts/sql_editor';
import { countText } from '../values/format';
import { durationText } from '../values/times';

type Outcome =
  | { kind: 'nothing' }
  | { kind: 'busy' }
  | { kind: 'rows'; result: SqlResult }
  | { kind: 'written'; result: SqlResult }
  | { kind: 'plan'; roots: PlanNode[]; micros: number }
  | { kind: 'live'; sql: string }
  | { kind: 'failed'; message: string };

/// Where in the statement the error is: the header says so, or the message itself.
function markOf(message: string, header: string | null, shift: number): SqlMark | null {
  const found = /^(\d+):(\d+)$/.exec(header ?? '') ?? /at position line (\d+), column (\d+)/.exec(message);
  if (!found) return null;
  const line = Number(found[1]);
  const column = Number(found[2]);
  return { line, column: line === 1 ? Math.max(1, column - shift) : column, message };
}

function Written({ result }: { result: SqlResult }) {
  const parts = [
    [result.inserted, 'inserted'],
    [result.updated, 'updated'],
    [result.deleted, 'deleted'],
  ] as const;
  const said = parts.filter(([n]) => n > 0).map(([n, what]) => `${countText(n)} ${what}`);
  return (
    <Notice title="Done">
      <p>{said.length === 0 ? 'No row was changed.' : `Rows: ${said.join(', ')}.`}</p>
    </Notice>
  );
}

/// Of so many characters from the beginning on.
function markAt(sql: string, position: number, message: string): SqlMark {
  const before = [...sql].slice(0, position);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.filter((c) => c === '\n').length + 1, column: position - lineStart + 1, message };
}

function LiveResult({ sql, onMark }: { sql: string; onMark: (mark: SqlMark) => void }) {
  const { live, schema } = useDatabase();
  const view = useLive(live, sql, []);
  useEffect(() => {
    if (view.error && view.error.position >= 0) onMark(markAt(sql, view.error.position, view.error.message));
  }, [view.error]);
  if (view.state === 'failed') return <Failure message={view.error?.message ?? ''} />;
  return <ResultGrid columns={view.columns.map((c) => ({ name: c.name, type: c.algebraic, typeName: c.type }))} rows={view.rows} space={schema.space} />;
}

function Failure({ message }: { message: string }) {
  return (
    <Notice title="The statement was refused" tone="error">
      <p class="sql-problem">{message}</p>
    </Notice>
  );
}

function Status({ outcome }: { outcome: Outcome }) {
  if (outcome.kind === 'rows') {
    const n = outcome.result.rows.length;
    return <>{`${countText(n)} ${n === 1 ? 'row' : 'rows'} in ${durationText(BigInt(outcome.result.micros))}`}</>;
  }
  if (outcome.kind === 'written') return <>{`done in ${durationText(BigInt(outcome.result.micros))}`}</>;
  if (outcome.kind === 'busy') return <>running…</>;
  if (outcome.kind === 'live') return <>follows every change</>;
  return null;
}

function Answer({ outcome, onMark }: { outcome: Outcome; onMark: (mark: SqlMark) => void }) {
  const { schema } = useDatabase();
  const rows = useMemo(
    () => (outcome.kind === 'rows' ? outcome.result.rows.map((cells, id) => ({ id, cells, change: 'none' as const, changed: [], at: 0 })) : []),
    [outcome],
  );
  switch (outcome.kind) {
    case 'nothing':
      return (
        <Notice title="Ask something">
          <p>Ctrl+Enter runs the statement. “Explain” shows how it would be run; “Live” keeps its answer up to date.</p>
        </Notice>
      );
    case 'busy':
      return <div aria-busy="true" />;
    case 'rows':
      return rows.length === 0 ? (
        <Notice title="No rows" />
      ) : (
        <ResultGrid columns={outcome.result.columns.map((c) => ({ name: c.name, type: c.type, typeName: '' }))} rows={rows} space={schema.space} />
      );
    case 'written':
      return <Written result={outcome.result} />;
    case 'plan':
      return (
        <div class="scroll">
          <PlanTree roots={outcome.roots} />
        </div>
      );
    case 'live':
      return <LiveResult sql={outcome.sql} onMark={onMark} />;
    case 'failed':
      return <Failure message={outcome.message} />;
  }
}

export function Sql() {
  const { name, schema } = useDatabase();
  const tables = useMemo(() => Object.fromEntries(schema.tables.map((t) => [t.name, t.columns.map((c) => c.name)])), [schema]);
  const first = schema.tables.find((t) => t.kind === 'table');
  const [past, setPast] = useState(() => statements(name));
  const [content, setContent] = useState(() => ({ text: past[0] ?? (first ? `SELECT * FROM ${first.name} LIMIT 100` : '') }));
  const [text, setText] = useState(content.text);
  const [outcome, setOutcome] = useState<Outcome>({ kind: 'nothing' });
  const [mark, setMark] = useState<SqlMark | null>(null);
  // Leading blanks stay, so that positions are those of the editor.
  const statement = () => text.trimEnd().replace(/;$/, '');

  const ask = async (prefix: string, take: (result: SqlResult) => Outcome) => {
    const sql = statement();
    if (sql.trim() === '') return;
    setOutcome({ kind: 'busy' });
    setMark(null);
    rememberStatement(name, sql.trim());
    setPast(statements(name));
    try {
      setOutcome(take(await runSql(name, prefix + sql)));
    } catch (error) {
      const message = (error as Error).message;
      const header = error instanceof HttpError ? error.headers.get('orrery-error-position') : null;
      setMark(markOf(message, header, prefix.length));
      setOutcome({ kind: 'failed', message });
    }
  };
  const run = () => ask('', (result) => (result.columns.length > 0 ? { kind: 'rows', result } : { kind: 'written', result }));
  const explain = () =>
    ask('EXPLAIN ', (result) => ({ kind: 'plan', roots: planTree(result.rows.map((row) => String(row[0] ?? ''))), micros: result.micros }));
  return (
    <main class="main full sql-page" id="content" tabIndex={-1}>
      <SqlEditor content={content} tables={tables} mark={mark} onChange={setText} onRun={() => void run()} />
      <div class="tools">
        <button type="button" class="primary" title="Ctrl+Enter" onClick={() => void run()}>
          <Icon name="play" /> Run
        </button>
        <button type="button" onClick={() => void explain()}>
          <Icon name="tree" /> Explain
        </button>
        <button
          type="button"
          aria-pressed={outcome.kind === 'live'}
          onClick={() => {
            setMark(null);
            setOutcome(outcome.kind === 'live' ? { kind: 'nothing' } : { kind: 'live', sql: statement() });
          }}
        >
          <Icon name="broadcast" /> Live
        </button>
        {past.length > 0 && (
          <select aria-label="Statements run before" class="past" value="" onChange={(e) => {
            setContent({ text: past[Number(e.currentTarget.value)] ?? text });
            e.currentTarget.value = '';
          }}>
            <option value="">Before…</option>
            {past.map((s, i) => (
              <option key={s} value={String(i)}>
                {s.replace(/\s+/g, ' ').slice(0, 80)}
              </option>
            ))}
          </select>
        )}
        <span class="count" role="status">
          <Status outcome={outcome} />
        </span>
      </div>
      <div class="answer">
        <Answer outcome={outcome} onMark={setMark} />
      </div>
    </main>
  );
}
