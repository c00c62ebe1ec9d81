// How a table is made: columns, keys, indexes.
import { useDatabase } from '../data/database';
import type { TableSchema } from '../data/schema';
import { typeText } from '../data/types';

function marks(table: TableSchema, column: number): string[] {
  const out: string[] = [];
  if (table.primaryKey.includes(column)) out.push('primary key');
  else if (table.unique.some((columns) => columns.length === 1 && columns[0] === column)) out.push('unique');
  if (table.sequences.includes(column)) out.push('counts up');
  return out;
}

export function TableColumns({ table }: { table: TableSchema }) {
  const { schema } = useDatabase();
  const names = (columns: number[]) => columns.map((c) => table.columns[c]?.name ?? String(c)).join(', ');
  return (
    <div class="scroll">
      <table class="list">
        <thead>
          <tr>
            <th>Column</th>
            <th>Type</th>
            <th>Properties</th>
          </tr>
        </thead>
        <tbody>
          {table.columns.map((column, i) => (
            <tr key={column.name}>
              <td>{column.name}</td>
              <td>
                <code>{typeText(column.type, schema.space)}</code>
              </td>
              <td>
                {marks(table, i).map((mark) => (
                  <span key={mark} class="tag">{mark}</span>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {table.indexes.length > 0 && (
        <table class="list">
          <thead>
            <tr>
              <th>Index</th>
              <th>Kind</th>
              <th>Columns</th>
            </tr>
          </thead>
          <tbody>
            {table.indexes.map((index) => (
              <tr key={index.name}>
                <td>{index.name}</td>
                <td>{index.algorithm}</td>
                <td>{names(index.columns)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
