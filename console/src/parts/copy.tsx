// A long value, shortened, that is copied by a click.
import { useState } from 'preact/hooks';
import { shortHex } from '../values/format';
import { Icon } from './icons';

export function CopyHex({ hex, label }: { hex: string; label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(hex);
    setCopied(true);
    setTimeout(() => setCopied(false), 1200);
  };
  return (
    <button type="button" class="copy" title={`Copy the ${label}: ${hex}`} onClick={() => void copy()}>
      <code>{shortHex(hex)}</code>
      {copied ? <span class="copied">copied</span> : <Icon name="copy" />}
    </button>
  );
}
