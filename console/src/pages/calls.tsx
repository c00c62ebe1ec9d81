// Reducers and procedures, each with a form made from its parameters, and what the calls came to.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useDatabase } from '../data/database';
import { callFunction } from '../data/http';
import { writeJson } from '../data/json';
import { href } from '../data/route';
import type { FunctionSchema } from '../data/schema';
import { useSession } from '../data/session';
import { typeText, type Field, type Typespace } from '../data/types';
import { Icon } from '../parts/icons';
import { Notice } from '../parts/notice';
import { SideList, type SideEntry } from '../parts/side_list';
import { ValueField } from '../parts/value_field';
import { DraftError, emptyDraft, encode, type Draft } from '../values/draft';
import { show } from '../values/format';
import { durationText } from '../values/times';

interface Outcome {
  id: number;
  callee: string;
  args: string;
  at: Date;
  ok: boolean;
  text: string;
  micros: number;
}

const kOutcomesMax = 50;

function signature(params: Field[], space: Typespace): string {
  return `(${params.map((p) => `${p.name}: ${typeText(p.type, space)}`).join(', ')})`;
}

function Outcomes({ list }: { list: Outcome[] }) {
  if (list.length === 0) return null;
  return (
    <section aria-label="Calls made here" class="outcomes" aria-live="polite">
      <h2 class="section-title">Calls made here</h2>
      <ul>
        {list.map((o) => (
          <li key={o.id} class={o.ok ? 'outcome ok' : 'outcome failed'}>
            <div>
              <strong>{o.ok ? 'done' : 'failed'}</strong>
              <time>{o.at.toLocaleTimeString()}</time>
              {o.micros > 0 && <span>{durationText(BigInt(Math.round(o.micros)))}</span>}
            </div>
            <code>
              {o.callee}
              {o.args.replace(/^\[/, '(').replace(/\]$/, ')')}
            </code>
            {o.text && <p>{o.text}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function CallForm({ callee, onOutcome }: { callee: FunctionSchema; onOutcome: (outcome: Omit<Outcome, 'id' | 'at'>) => void }) {
  const { name, schema } = useDatabase();
  const { space } = schema;
  const identity = useSession()?.identity ?? '';
  const [drafts, setDrafts] = useState<Draft[]>(() => callee.params.map((p) => emptyDraft(p.type, space)));
  const [error, setError] = useState<DraftError | null>(null);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (error) form.current?.querySelector<HTMLElement>(`[data-path="${error.path}"] :is(input, textarea, select)`)?.focus();
  }, [error]);
  const submit = async () => {
    let args: string;
    try {
      args = writeJson(callee.params.map((p, i) => encode(p.type, drafts[i] ?? '', space, String(i))));
      setError(null);
    } catch (problem) {
      if (!(problem instanceof DraftError)) throw problem;
      setError(problem);
      return;
    }
    setBusy(true);
    try {
      const result = await callFunction(name, callee.name, args);
      const text = result.value === undefined ? '' : show(callee.returns, result.value, space).text;
      onOutcome({ callee: callee.name, args, ok: true, text, micros: result.micros });
    } catch (problem) {
      onOutcome({ callee: callee.name, args, ok: false, text: (problem as Error).message, micros: 0 });
    }
    setBusy(false);
  };
  return (
    <form
      class="call-form"
      ref={form}
      aria-label={`Call ${callee.name}`}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submit();
      }}
    >
      {callee.params.length === 0 && <p class="small">Takes no arguments.</p>}
      {callee.params.map((param, i) => (
        <ValueField
          key={param.name}
          name={param.name}
          type={param.type}
          space={space}
          draft={drafts[i] ?? ''}
          path={String(i)}
          error={error}
          identity={identity}
          onChange={(next) => setDrafts((before) => before.map((old, k) => (k === i ? next : old)))}
        />
      ))}
      <div class="field-row">
        <button type="submit" class="primary" disabled={busy}>
          <Icon name="play" /> Call
        </button>
        <button type="button" onClick={() => setDrafts(callee.params.map((p) => emptyDraft(p.type, space)))}>
          Clear
        </button>
      </div>
    </form>
  );
}

function entryOf(database: string, entry: FunctionSchema, chosen: boolean): SideEntry {
  return {
    name: entry.name,
    link: href('db', database, 'calls', entry.name),
    chosen,
    dim: entry.reserved !== '',
    after: entry.reserved && (
      <span title={entry.reserved}>
        <Icon name="lock" />
      </span>
    ),
  };
}

export function Calls({ chosen }: { chosen: string }) {
  const { name, schema } = useDatabase();
  const [outcomes, setOutcomes] = useState<Outcome[]>([]);
  const all = schema.functions;
  const callee = all.find((f) => f.name === chosen) ?? (chosen === '' ? all.find((f) => f.reserved === '') : undefined);
  const entries = (kind: FunctionSchema['kind']) => all.filter((f) => f.kind === kind).map((f) => entryOf(name, f, f === callee));
  const groups = [
    { title: 'Reducers', entries: entries('reducer') },
    { title: 'Procedures', entries: entries('procedure') },
  ];
  const remember = (outcome: Omit<Outcome, 'id' | 'at'>) =>
    setOutcomes((before) => [{ ...outcome, id: (before[0]?.id ?? 0) + 1, at: new Date() }, ...before].slice(0, kOutcomesMax));
  return (
    <div class="split">
      <SideList label="Reducers and procedures" groups={groups} />
      <main class="main scroll" id="content" tabIndex={-1}>
        {!callee && (
          <Notice title={chosen === '' ? 'There is nothing to call' : `There is nothing called ${chosen}`}>
            <p>Reducers and procedures are declared in the module’s source.</p>
          </Notice>
        )}
        {callee && (
          <>
            <header class="main-head">
              <h1>{callee.name}</h1>
              <span class="tag">{callee.kind}</span>
            </header>
            <p class="signature">
              <code>{signature(callee.params, schema.space)}</code>
            </p>
            {callee.reserved ? (
              <Notice title="This one is not called by clients">
                <p>It {callee.reserved}.</p>
              </Notice>
            ) : (
              <CallForm key={callee.name} callee={callee} onOutcome={remember} />
            )}
            <Outcomes list={outcomes} />
          </>
        )}
      </main>
    </div>
  );
}
