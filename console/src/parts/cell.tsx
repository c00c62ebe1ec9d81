import type { Shown } from '../values/format';

export function Cell({ shown }: { shown: Shown }) {
  return (
    <span class={shown.tone ? `value value-${shown.tone}` : 'value'} title={shown.title ?? (shown.text.length > 40 ? shown.text : undefined)}>
      {shown.text}
    </span>
  );
}
