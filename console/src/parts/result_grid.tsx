// Rows of any SELECT. Where the types of the columns are not known, the JSON of the cells says enough.
import { useMemo, useState } from 'preact/hooks';
import type { LiveRow } from '../data/live_rows';
import { resolve, typeText, type Type, type Typespace } from '../data/types';
import { fullText, show, showUntyped } from '../values/format';
import { Cell } from './cell';
import { Detail } from './detail';
import { Grid, type GridColumn } from './grid';

interface Column {
  name: string;
  type: Type | null;
  typeName: string;
}
interface Props {
  columns: Column[];
  rows: LiveRow[];
  space: Typespace;
}

const kNumberNames = new Set(['INTEGER', 'FLOAT', 'DECIMAL']);

function isNumber(column: Column, space: Typespace): boolean {
  if (!column.type) return kNumberNames.has(column.typeName);
  const found = resolve(column.type, space);
  const inner = found.kind === 'option' ? resolve(found.value, space) : found;
  return inner.kind === 'integer' || inner.kind === 'float';
}

export function ResultGrid({ columns, rows, space }: Props) {
  const [opened, setOpened] = useState(-1);
  const heads: GridColumn[] = columns.map((column) => ({
    name: column.name,
    type: column.type ? typeText(column.type, space) : column.typeName,
    isKey: false,
    isNumber: isNumber(column, space),
    width: isNumber(column, space) ? 130 : 200,
  }));
  const drawn = useMemo(
    () =>
      rows.map((row) => ({
        id: row.id,
        className: row.change,
        cellClass: (column: number) => (row.changed[column] ? ' changed' : ''),
        cells: columns.map((column, i) => <Cell shown={column.type ? show(column.type, row.cells[i] ?? null, space) : showUntyped(row.cells[i] ?? null)} />),
      })),
    [rows, columns, space],
  );
  const row = rows[opened];
  return (
    <div class="with-detail">
      <Grid label="Rows of the answer" columns={heads} rows={drawn} start={0} total={rows.length} onOpen={setOpened} />
      {row && (
        <Detail
          title={`Row ${opened + 1}`}
          fields={columns.map((column, i) => ({
            name: column.name,
            type: heads[i]?.type ?? '',
            text: column.type ? fullText(column.type, row.cells[i] ?? null, space) : showUntyped(row.cells[i] ?? null).text,
          }))}
          onClose={() => setOpened(-1)}
        />
      )}
    </div>
  );
}
