// The SELECTs that the table page asks.
import type { GridSort } from '../parts/grid';
import type { TableSchema } from './schema';

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/// How many rows are asked for at a time.
export const kWindowRows = 400;

/// A part of the rows, in an order that does not change between parts.
export function windowQuery(table: TableSchema, filter: string, sort: GridSort | null, start: number): string {
  const order: string[] = [];
  const sorted = sort ? table.columns[sort.column] : undefined;
  if (sorted) order.push(`${quoted(sorted.name)}${sort?.descending ? ' DESC' : ''}`);
  for (const key of table.primaryKey) {
    const column = table.columns[key];
    if (column && column !== sorted) order.push(quoted(column.name));
  }
  return [
    `SELECT * FROM ${quoted(table.name)}`,
    filter === '' ? '' : ` WHERE ${filter}`,
    order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`,
    ` LIMIT ${kWindowRows}`,
    start === 0 ? '' : ` OFFSET ${start}`,
  ].join('');
}

export function countQuery(table: TableSchema, filter: string): string {
  return `SELECT COUNT(*) AS n FROM ${quoted(table.name)}${filter === '' ? '' : ` WHERE ${filter}`}`;
}

/// Where the window should begin so that rows from `first` on are in its middle; the old start while
/// they are inside of it.
export function windowStart(start: number, first: number, count: number, total: number): number {
  const holds = first >= start && (first + count <= start + kWindowRows || start + kWindowRows >= total);
  if (holds) return start;
  const wanted = first - Math.floor((kWindowRows - count) / 2);
  // In steps, so that small moves ask nothing new.
  return Math.max(0, Math.floor(wanted / 50) * 50);
}
