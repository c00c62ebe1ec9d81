// The rows of a table as they are now: a window of them is a live SELECT that follows the scrolling.
import { useCallback, useMemo, useState } from 'preact/hooks';
import { useDatabase } from '../data/database';
import type { LiveRow } from '../data/live_rows';
import type { TableSchema } from '../data/schema';
import { countQuery, windowQuery, windowStart } from '../data/table_query';
import { resolve, typeText, type Type, type Typespace } from '../data/types';
import { useDelayed } from '../data/use_delayed';
import { useLive } from '../data/use_live';
import { Cell } from '../parts/cell';
import { Detail } from '../parts/detail';
import { Grid, type GridColumn, type GridSort } from '../parts/grid';
import { Notice } from '../parts/notice';
import { countText, fullText, show } from '../values/format';

const kTypingMillis = 350;
const kScrollingMillis = 60;

function columnWidth(type: Type, space: Typespace): number {
  const found = resolve(type, space);
  if (found.kind === 'bool') return 90;
  if (found.kind === 'integer') return ['I128', 'U128', 'I256', 'U256'].includes(found.name) ? 240 : 120;
  if (found.kind === 'float') return 130;
  if (found.kind === 'special') return found.name === 'Timestamp' ? 220 : found.name === 'Uuid' ? 300 : 160;
  return 220;
}

function gridColumns(table: TableSchema, space: Typespace): GridColumn[] {
  return table.columns.map((column, i) => {
    const kind = resolve(column.type, space).kind;
    return {
      name: column.name,
      type: typeText(column.type, space),
      isKey: table.primaryKey.includes(i),
      isNumber: kind === 'integer' || kind === 'float',
      width: columnWidth(column.type, space),
    };
  });
}

function FilterProblem({ message, filter }: { message: string; filter: string }) {
  return (
    <Notice title={filter === '' ? 'The rows cannot be shown' : 'The filter does not work'} tone="error">
      <p>{message}</p>
      {filter !== '' && <p>A filter is a condition of SQL, such as <code>id &gt; 10 AND name LIKE 'a%'</code>.</p>}
    </Notice>
  );
}

function NoRows({ filtered }: { filtered: boolean }) {
  return (
    <Notice title={filtered ? 'No row fits the filter' : 'No rows yet'}>
      <p>{filtered ? 'Rows that fit appear here when they come.' : 'Rows appear here as soon as a reducer inserts them; try one under “Calls”.'}</p>
    </Notice>
  );
}

export function TableRows({ table }: { table: TableSchema }) {
  const { live, schema } = useDatabase();
  const { space } = schema;
  const [typed, setTyped] = useState('');
  const [sort, setSort] = useState<GridSort | null>(null);
  const [wanted, setWanted] = useState(0);
  const [opened, setOpened] = useState(-1);
  const filter = useDelayed(typed.trim(), kTypingMillis);
  const start = useDelayed(wanted, kScrollingMillis);
  const query = windowQuery(table, filter, sort, start);
  const view = useLive(live, query, table.primaryKey);
  const counted = useLive(live, countQuery(table, filter), []);
  const total = Number(counted.rows[0]?.cells[0] ?? 0);
  // While another window is on its way the rows of the one before stand at their own place.
  const shownStart = Number(/ OFFSET (\d+)$/.exec(view.sql)?.[1] ?? 0);

  const columns = useMemo(() => gridColumns(table, space), [table, space]);
  const cell = (row: LiveRow, i: number) => <Cell shown={show(table.columns[i]!.type, row.cells[i] ?? null, space)} />;
  const onWindow = useCallback(
    (first: number, count: number) => setWanted((before) => windowStart(before, first, count, total)),
    [total],
  );
  const onSort = useCallback((column: number) => {
    setSort((before) => (before?.column !== column ? { column, descending: false } : before.descending ? null : { column, descending: true }));
  }, []);
  const row = opened >= 0 ? view.rows[opened - shownStart] : undefined;
  return (
    <>
      <div class="tools">
        <label class="filter">
          <span>WHERE</span>
          <input aria-label="Filter: a condition of SQL" placeholder="all rows" spellcheck={false} value={typed} onInput={(e) => setTyped(e.currentTarget.value)} />
        </label>
        <span class="count" role="status">{counted.state === 'live' ? `${countText(total)} ${total === 1 ? 'row' : 'rows'}` : ''}</span>
      </div>
      {view.state === 'failed' && view.error ? (
        <FilterProblem message={view.error.message} filter={filter} />
      ) : (
        <div class="with-detail">
          <Grid label={`Rows of ${table.name}`} columns={columns} rows={view.rows} cell={cell} start={shownStart} total={total} sort={sort} onSort={onSort} onWindow={onWindow} onOpen={setOpened} />
          {view.state === 'live' && counted.state === 'live' && total === 0 && view.rows.length === 0 && <NoRows filtered={filter !== ''} />}
          {row && (
            <Detail
              title={`Row ${countText(opened + 1)}`}
              fields={table.columns.map((column, i) => ({
                name: column.name,
                type: typeText(column.type, space),
                text: fullText(column.type, row.cells[i] ?? null, space),
              }))}
              onClose={() => setOpened(-1)}
            />
          )}
        </div>
      )}
    </>
  );
}
