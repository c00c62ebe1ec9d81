// The rows of one live SELECT as they are shown: what came, what changed and what has just gone.
import type { Json } from './json';

export interface LiveRow {
  /// Stays the same while the row is shown.
  id: number;
  cells: Json[];
  change: 'none' | 'inserted' | 'updated' | 'deleted';
  /// Of an updated row: which cells are new.
  changed: boolean[];
  /// When the change came, of performance.now().
  at: number;
}

export interface ChangeMessage {
  removed: number[];
  added: { position: number; row: Json[] }[];
}

/// For how long a change shows.
export const kChangeMillis = 1600;
/// Gone rows stay that long.
export const kGhostMillis = 700;
/// Above this many changes at once, moving each one would only be noise.
const kChangesShownMax = 500;

let nextId = 1;

function made(cells: Json[], change: LiveRow['change'], at: number): LiveRow {
  return { id: nextId++, cells, change, changed: [], at };
}

function sameCell(a: Json | undefined, b: Json | undefined): boolean {
  return a === b || JSON.stringify(a, exact) === JSON.stringify(b, exact);
}

function exact(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

export class LiveRows {
  private rows: LiveRow[] = [];
  private ghosts: { row: LiveRow; position: number }[] = [];

  /// `key`: positions of the columns by which a row is the same one before and after an update.
  constructor(private readonly key: number[]) {}

  get count(): number {
    return this.rows.length;
  }

  reset(rows: Json[][]): void {
    this.rows = rows.map((cells) => made(cells, 'none', 0));
    this.ghosts = [];
  }

  private keyOf(cells: Json[]): string | undefined {
    return this.key.length === 0 ? undefined : JSON.stringify(this.key.map((column) => cells[column] ?? null), exact);
  }

  apply(change: ChangeMessage, now: number): void {
    const quiet = change.removed.length + change.added.length > kChangesShownMax;
    const gone = new Map<string, { row: LiveRow; position: number }>();
    const unkeyed: { row: LiveRow; position: number }[] = [];
    const leaving = new Set(change.removed);
    const kept: LiveRow[] = [];
    this.rows.forEach((row, position) => {
      if (!leaving.has(position)) {
        kept.push(row);
        return;
      }
      const key = this.keyOf(row.cells);
      if (key === undefined) unkeyed.push({ row, position });
      else gone.set(key, { row, position });
    });
    const next: LiveRow[] = [];
    let from = 0;
    for (const { position, row: cells } of change.added) {
      while (next.length < position && from < kept.length) next.push(kept[from++]!);
      next.push(this.arrived(cells, gone, quiet, now));
    }
    while (from < kept.length) next.push(kept[from++]!);
    this.rows = next;
    if (quiet) return;
    for (const { row, position } of [...gone.values(), ...unkeyed]) {
      this.ghosts.push({ row: { ...row, change: 'deleted', at: now }, position: Math.min(position, next.length) });
    }
  }

  private arrived(cells: Json[], gone: Map<string, { row: LiveRow }>, quiet: boolean, now: number): LiveRow {
    const key = this.keyOf(cells);
    const before = key === undefined ? undefined : gone.get(key);
    if (key === undefined || !before) return made(cells, quiet ? 'none' : 'inserted', now);
    gone.delete(key);
    const changed = cells.map((cell, column) => !sameCell(cell, before.row.cells[column]));
    return { id: before.row.id, cells, change: quiet ? 'none' : 'updated', changed, at: now };
  }

  /// Forgets changes that have been shown. True where something is still to be forgotten later.
  settle(now: number): boolean {
    this.ghosts = this.ghosts.filter(({ row }) => now - row.at < kGhostMillis);
    let moving = this.ghosts.length > 0;
    for (const [i, row] of this.rows.entries()) {
      if (row.change === 'none') continue;
      if (now - row.at < kChangeMillis) moving = true;
      else this.rows[i] = { ...row, change: 'none', changed: [] };
    }
    return moving;
  }

  /// The rows with those that are just leaving at their old places.
  shown(): LiveRow[] {
    if (this.ghosts.length === 0) return [...this.rows];
    const out = [...this.rows];
    for (const { row, position } of [...this.ghosts].sort((a, b) => b.position - a.position)) out.splice(position, 0, row);
    return out;
  }
}
