// The form of one value: a field for what is typed, a choice for sums and options, a list for arrays.
import type { ComponentChildren } from 'preact';
import { isUnit, resolve, typeText, type Type, type Typespace } from '../data/types';
import { emptyDraft, type Draft, type DraftError } from '../values/draft';
import { timestampText } from '../values/times';
import { Icon } from './icons';

interface Props {
  name: string;
  type: Type;
  space: Typespace;
  draft: Draft;
  path: string;
  error: DraftError | null;
  /// Of the one who is signed in, to fill identities with.
  identity: string;
  onChange: (draft: Draft) => void;
}

const kHints: Record<string, string> = {
  Identity: '64 hex digits',
  ConnectionId: '32 hex digits',
  Uuid: '8-4-4-4-12 hex digits',
  Timestamp: '2026-01-31 12:00:00.5',
  TimeDuration: '1 h 30 min, 250 ms',
  bytes: 'hex digits',
  float: '0.5, 1e9',
};

function hintOf(type: Type): string {
  if (type.kind === 'integer') return type.name.startsWith('U') ? 'whole number, not negative' : 'whole number';
  if (type.kind === 'special') return kHints[type.name] ?? '';
  return kHints[type.kind] ?? '';
}

function Framed({ name, type, space, path, error, children }: Pick<Props, 'name' | 'type' | 'space' | 'path' | 'error'> & { children: ComponentChildren }) {
  return (
    <div class="field" data-path={path}>
      <div class="field-label">
        <span>{name}</span>
        <span class="grid-type">{typeText(type, space)}</span>
      </div>
      {children}
      {error?.path === path && (
        <p class="problem" role="alert">
          {error.message}
        </p>
      )}
    </div>
  );
}

function Typed(props: Props & { found: Type }) {
  const { name, found, draft, path, error, identity, onChange } = props;
  const value = typeof draft === 'string' ? draft : '';
  const invalid = error?.path === path;
  const fill = (text: string, label: string) => (
    <button type="button" class="fill" onClick={() => onChange(text)}>
      {label}
    </button>
  );
  const field =
    found.kind === 'string' || found.kind === 'bytes' ? (
      <textarea aria-label={name} aria-invalid={invalid} rows={1} spellcheck={false} placeholder={hintOf(found)} value={value} onInput={(e) => onChange(e.currentTarget.value)} />
    ) : (
      <input aria-label={name} aria-invalid={invalid} spellcheck={false} autocomplete="off" placeholder={hintOf(found)} value={value} onInput={(e) => onChange(e.currentTarget.value)} />
    );
  return (
    <Framed {...props}>
      <div class="field-row">
        {field}
        {found.kind === 'special' && found.name === 'Identity' && fill(identity, 'me')}
        {found.kind === 'special' && found.name === 'Timestamp' && fill(timestampText(BigInt(Date.now()) * 1000n), 'now')}
        {found.kind === 'special' && found.name === 'Uuid' && fill(crypto.randomUUID(), 'new')}
      </div>
    </Framed>
  );
}

function Choice(props: Props & { names: string[]; payloads: (Type | null)[] }) {
  const { name, draft, space, path, names, payloads, onChange } = props;
  const chosen = typeof draft === 'object' && !Array.isArray(draft) ? draft : { tag: 0, payload: '' };
  const payload = payloads[chosen.tag];
  return (
    <Framed {...props}>
      <select
        aria-label={`${name}: which one`}
        value={String(chosen.tag)}
        onChange={(e) => {
          const tag = Number(e.currentTarget.value);
          const type = payloads[tag];
          onChange({ tag, payload: type ? emptyDraft(type, space) : [] });
        }}
      >
        {names.map((option, tag) => (
          <option key={option} value={String(tag)}>
            {option}
          </option>
        ))}
      </select>
      {payload && !isUnit(payload, space) && (
        <div class="nested">
          <ValueField {...props} name={names[chosen.tag] ?? name} type={payload} draft={chosen.payload} path={`${path}.${chosen.tag}`} onChange={(next) => onChange({ tag: chosen.tag, payload: next })} />
        </div>
      )}
    </Framed>
  );
}

function List(props: Props & { element: Type }) {
  const { name, element, space, draft, path, onChange } = props;
  const list = Array.isArray(draft) ? draft : [];
  return (
    <Framed {...props}>
      <div class="nested">
        {list.map((item, i) => (
          <div key={i} class="list-item">
            <ValueField {...props} name={`${name} ${i + 1}`} type={element} draft={item} path={`${path}.${i}`} onChange={(next) => onChange(list.map((old, k) => (k === i ? next : old)))} />
            <button type="button" class="plain" aria-label={`Remove ${name} ${i + 1}`} onClick={() => onChange(list.filter((_, k) => k !== i))}>
              <Icon name="close" />
            </button>
          </div>
        ))}
        <button type="button" class="add" onClick={() => onChange([...list, emptyDraft(element, space)])}>
          <Icon name="plus" /> Add an element
        </button>
      </div>
    </Framed>
  );
}

export function ValueField(props: Props) {
  const { name, type, space, draft, path, onChange } = props;
  const found = resolve(type, space);
  switch (found.kind) {
    case 'bool':
      return (
        <Framed {...props}>
          <label class="check">
            <input type="checkbox" aria-label={name} checked={draft === true} onChange={(e) => onChange(e.currentTarget.checked)} />
            {draft === true ? 'true' : 'false'}
          </label>
        </Framed>
      );
    case 'array':
      return <List {...props} element={found.element} />;
    case 'option':
      return <Choice {...props} names={['some', 'none']} payloads={[found.value, null]} />;
    case 'sum':
      return <Choice {...props} names={found.variants.map((v) => v.name)} payloads={found.variants.map((v) => v.type)} />;
    case 'product': {
      const fields = Array.isArray(draft) ? draft : [];
      return (
        <Framed {...props}>
          {found.fields.length > 0 && (
            <div class={found.fields.length > 1 ? 'nested side-by-side' : 'nested'}>
              {found.fields.map((field, i) => (
                <ValueField key={field.name} {...props} name={field.name} type={field.type} draft={fields[i] ?? ''} path={`${path}.${i}`} onChange={(next) => onChange(fields.map((old, k) => (k === i ? next : old)))} />
              ))}
            </div>
          )}
        </Framed>
      );
    }
    default:
      return <Typed {...props} found={found} />;
  }
}
