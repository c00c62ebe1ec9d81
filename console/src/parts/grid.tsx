// A table of any number of rows of which only those in sight are in the document.
//
// The rows that are known are a window of all rows; onWindow asks for another one. Arrow keys, Home,
// End and the page keys move the chosen row, Enter opens it.
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { LiveRow } from '../data/live_rows';
import { Icon } from './icons';

export interface GridColumn {
  name: string;
  type: string;
  isKey: boolean;
  isNumber: boolean;
  width: number;
}
export interface GridSort {
  column: number;
  descending: boolean;
}
interface Props {
  label: string;
  columns: GridColumn[];
  rows: LiveRow[];
  /// Asked only for rows in sight.
  cell: (row: LiveRow, column: number) => ComponentChildren;
  /// Of all rows, the place of the first one in `rows`.
  start: number;
  total: number;
  sort?: GridSort | null;
  onSort?: (column: number) => void;
  onWindow?: (first: number, count: number) => void;
  onOpen?: (index: number) => void;
}

export const kRowHeight = 30;
/// Browsers cannot lay out boxes much higher than this.
const kHeightMax = 12_000_000;
const kOverscan = 8;

function useHeight(ref: { current: HTMLElement | null }): number {
  const [height, setHeight] = useState(600);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return height;
}

function Head({ columns, sort, onSort, template }: Pick<Props, 'columns' | 'sort' | 'onSort'> & { template: string }) {
  return (
    <div class="grid-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
      {columns.map((column, i) => {
        const sorted = sort?.column === i;
        const direction = sort?.descending ? 'descending' : 'ascending';
        const content = (
          <>
            {column.isKey && <Icon name="key" />}
            <span class="grid-name">{column.name}</span>
            <span class="grid-type">{column.type}</span>
            {sorted && <Icon name={sort?.descending ? 'down' : 'up'} />}
          </>
        );
        return (
          <div key={column.name + i} role="columnheader" aria-sort={sorted ? direction : 'none'} class={column.isNumber ? 'grid-title number' : 'grid-title'}>
            {onSort ? (
              <button type="button" title={`Sort by ${column.name} (${column.type})`} onClick={() => onSort(i)}>
                {content}
              </button>
            ) : (
              <span class="grid-plain" title={`${column.name} (${column.type})`}>{content}</span>
            )}
          </div>
        );
      })}
    </div>
  );
}

/// What of all rows is in sight, and where the first of them is drawn.
function place(scroll: number, height: number, total: number) {
  const whole = total * kRowHeight;
  const canvas = Math.min(whole, kHeightMax);
  // Above the highest box that browsers lay out, a pixel of scrolling stands for more than one.
  const scale = whole > canvas ? (whole - height) / Math.max(1, canvas - height) : 1;
  const first = Math.max(0, Math.floor((scroll * scale) / kRowHeight) - kOverscan);
  const count = Math.ceil(height / kRowHeight) + 2 * kOverscan;
  return { canvas, scale, first, count: Math.min(count, total - first), top: first * kRowHeight - scroll * (scale - 1) };
}

export function Grid({ label, columns, rows, cell, start, total, sort, onSort, onWindow, onOpen }: Props) {
  const body = useRef<HTMLDivElement>(null);
  const [scroll, setScroll] = useState(0);
  const [chosen, setChosen] = useState(-1);
  const height = useHeight(body);
  // Where the rows are there before their count is; an empty window says nothing.
  const all = rows.length === 0 ? total : Math.max(total, start + rows.length);
  const { canvas, scale, first, count, top } = place(scroll, height, all);
  const template = columns.map((c) => `minmax(${c.width}px, ${c.width / 80}fr)`).join(' ');
  const minWidth = columns.reduce((sum, c) => sum + c.width, 0);

  useEffect(() => onWindow?.(first, count), [first, count, onWindow]);

  const reveal = (index: number) => {
    const element = body.current;
    if (!element) return;
    const at = (index * kRowHeight) / scale;
    const room = element.clientHeight - 2 * kRowHeight;
    if (at < element.scrollTop) element.scrollTop = at;
    else if (at > element.scrollTop + room) element.scrollTop = at - room;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== body.current) return;
    const page = Math.max(1, Math.floor(height / kRowHeight) - 2);
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -all, End: all };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = Math.max(0, Math.min(all - 1, chosen + step));
      setChosen(next);
      reveal(next);
    } else if (event.key === 'Enter' && chosen >= 0) {
      onOpen?.(chosen);
    }
  };
  const drawn = [];
  for (let index = first; index < first + count; ++index) {
    const row = rows[index - start];
    const className = `grid-row ${row?.change ?? 'waiting'}${index === chosen ? ' chosen' : ''}`;
    drawn.push(
      <div
        key={row ? `r${row.id}` : `w${index}`}
        role="row"
        aria-rowindex={index + 2}
        aria-selected={index === chosen}
        class={className}
        style={{ gridTemplateColumns: template }}
        onClick={() => {
          setChosen(index);
          if (row) onOpen?.(index);
        }}
      >
        {columns.map((column, i) => (
          <div key={i} role="gridcell" class={`grid-cell${column.isNumber ? ' number' : ''}${row?.changed[i] ? ' changed' : ''}`}>
            {row && cell(row, i)}
          </div>
        ))}
      </div>,
    );
  }
  return (
    <div
      class="grid"
      role="grid"
      aria-label={label}
      aria-rowcount={all + 1}
      tabIndex={0}
      ref={body}
      onScroll={() => setScroll(body.current?.scrollTop ?? 0)}
      onKeyDown={onKeyDown}
    >
      <div class="grid-inner" style={{ minWidth: `${minWidth}px` }}>
        <Head columns={columns} sort={sort ?? null} {...(onSort ? { onSort } : {})} template={template} />
        <div class="grid-canvas" role="presentation" style={{ height: `${canvas}px` }}>
          <div class="grid-rows" role="presentation" style={{ transform: `translateY(${top}px)` }}>
            {drawn}
          </div>
        </div>
      </div>
    </div>
  );
}
