// One row in full, beside the table.
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './icons';

interface Props {
  title: string;
  fields: { name: string; type: string; text: string }[];
  onClose: () => void;
}

export function Detail({ title, fields, onClose }: Props) {
  const closer = useRef<HTMLButtonElement>(null);
  useEffect(() => closer.current?.focus(), []);
  return (
    <aside class="detail" aria-label={title} onKeyDown={(event) => event.key === 'Escape' && onClose()}>
      <header>
        <h2>{title}</h2>
        <button type="button" class="plain" ref={closer} aria-label="Close the row" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <dl>
        {fields.map((field) => (
          <div key={field.name}>
            <dt>
              {field.name} <span class="grid-type">{field.type}</span>
            </dt>
            <dd>{field.text}</dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}
