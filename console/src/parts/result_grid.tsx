// Rows of any SELECT. Where the types of the columns are not known, the JSON of the cells says enough.
import { useState } from 'preact/hooks';
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

const kNumberName = /^([IU]\d+|F\d+|INTEGER|FLOAT|DECIMAL)$/;

function isNumber(column: Column, space: Typespace): boolean {
  if (!column.type) return kNumberName.test(column.typeName);
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
  const cell = (row: LiveRow, i: number) => {
    const type = columns[i]?.type;
    const value = row.cells[i] ?? null;
    return <Cell shown={type ? show(type, value, space) : showUntyped(value, columns[i]?.typeName ?? '')} />;
  };
  const row = rows[opened];
  return (
    <div class="with-detail">
      <Grid label="Rows of the answer" columns={heads} rows={rows} cell={cell} start={0} total={rows.length} onOpen={setOpened} />
      {row && (
        <Detail
          title={`Row ${opened + 1}`}
          fields={columns.map((column, i) => ({
            name: column.name,
            type: heads[i]?.type ?? '',
            text: column.type ? fullText(column.type, row.cells[i] ?? null, space) : showUntyped(row.cells[i] ?? null, column.typeName).text,
          }))}
          onClose={() => setOpened(-1)}
        />
      )}
    </div>
  );
}
