// What stands where there is nothing to show: what happened, and what to do next.
import type { ComponentChildren } from 'preact';

interface Props {
  title: string;
  tone?: 'calm' | 'error';
  children?: ComponentChildren;
}

export function Notice({ title, tone = 'calm', children }: Props) {
  return (
    <div class={`notice notice-${tone}`} role={tone === 'error' ? 'alert' : 'status'}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Command({ text }: { text: string }) {
  return <pre class="command">{text}</pre>;
}
