// The list at the side of a page: groups of links, with a filter where they are many.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

export interface SideEntry {
  name: string;
  link: string;
  chosen: boolean;
  dim: boolean;
  before?: ComponentChildren;
  after?: ComponentChildren;
}
interface Props {
  label: string;
  groups: { title: string; entries: SideEntry[] }[];
}

const kManyEntries = 14;

export function SideList({ label, groups }: Props) {
  const [wanted, setWanted] = useState('');
  const many = groups.reduce((sum, group) => sum + group.entries.length, 0) > kManyEntries;
  const fits = (entry: SideEntry) => entry.name.toLowerCase().includes(wanted.trim().toLowerCase());
  return (
    <nav class="side" aria-label={label}>
      {many && <input type="search" aria-label={`Find in ${label.toLowerCase()}`} placeholder="Find" value={wanted} onInput={(e) => setWanted(e.currentTarget.value)} />}
      {groups.map(({ title, entries }) => {
        const shown = entries.filter(fits);
        return (
          shown.length > 0 && (
            <div key={title}>
              <h2 class="section-title">{title}</h2>
              <ul>
                {shown.map((entry) => (
                  <li key={entry.name}>
                    <a href={entry.link} aria-current={entry.chosen ? 'true' : undefined} class={entry.dim ? 'dim' : undefined}>
                      {entry.before}
                      <span class="entry-name" title={entry.name}>{entry.name}</span>
                      {entry.after}
                    </a>
                  </li>
                ))}
              </ul>
            </div>
          )
        );
      })}
    </nav>
  );
}
