// The tables of a database, and the one that was chosen.
import { useState } from 'preact/hooks';
import { useDatabase } from '../data/database';
import { href } from '../data/route';
import type { TableSchema } from '../data/schema';
import { Icon } from '../parts/icons';
import { Notice } from '../parts/notice';
import { SideList, type SideEntry } from '../parts/side_list';
import { TableColumns } from './table_columns';
import { TableRows } from './table_rows';

function entryOf(database: string, table: TableSchema, chosen: boolean): SideEntry {
  return {
    name: table.name,
    link: href('db', database, 'tables', table.name),
    chosen,
    dim: false,
    before: <Icon name={table.kind} />,
    after: !table.isPublic && (
      <span title="private: only the owner sees it">
        <Icon name="lock" />
      </span>
    ),
  };
}

function EventTable({ table }: { table: TableSchema }) {
  return (
    <Notice title="Rows of event tables are not kept">
      <p>
        A row of <code>{table.name}</code> reaches the clients that subscribe to it at the end of its transaction, and is gone. There is nothing
        to list here; its columns are under “Columns”.
      </p>
    </Notice>
  );
}

function Hidden({ table }: { table: TableSchema }) {
  return (
    <Notice title={`${table.name} is private`}>
      <p>Only the owner of the database sees its rows. Sign in with the owner’s token:</p>
      <p>
        <a class="button" href={href('sign-in')}>
          Sign in
        </a>
      </p>
    </Notice>
  );
}

function Rows({ table }: { table: TableSchema }) {
  const { isOwner } = useDatabase();
  if (table.kind === 'event') return <EventTable table={table} />;
  if (!table.isPublic && !isOwner) return <Hidden table={table} />;
  if (table.params.length > 0) {
    return (
      <Notice title="This view takes parameters">
        <p>Ask for it on the SQL page, with a value for each: {table.params.map((p) => p.name).join(', ')}.</p>
      </Notice>
    );
  }
  return <TableRows key={table.name} table={table} />;
}

export function Tables({ chosen }: { chosen: string }) {
  const database = useDatabase();
  const [face, setFace] = useState<'rows' | 'columns'>('rows');
  const tables = database.schema.tables;
  const table = tables.find((t) => t.name === chosen) ?? (chosen === '' ? tables[0] : undefined);
  const entries = (list: TableSchema[]) => list.map((t) => entryOf(database.name, t, t === table));
  const groups = [
    { title: 'Tables', entries: entries(tables.filter((t) => t.kind !== 'view')) },
    { title: 'Views', entries: entries(tables.filter((t) => t.kind === 'view')) },
  ];
  return (
    <div class="split">
      <SideList label="Tables" groups={groups} />
      <main class="main" id="content" tabIndex={-1}>
        {!table && (
          <Notice title={chosen === '' ? 'The module has no tables' : `There is no table ${chosen}`}>
            <p>Tables are declared in the module’s source; publish it again to add some.</p>
          </Notice>
        )}
        {table && (
          <>
            <header class="main-head">
              <h1>{table.name}</h1>
              <span class="tag">{table.isPublic ? 'public' : 'private'}</span>
              {table.kind !== 'table' && <span class="tag">{table.kind}</span>}
              <div class="choice" role="group" aria-label="What is shown of the table">
                {(['rows', 'columns'] as const).map((f) => (
                  <button key={f} type="button" aria-pressed={f === face} onClick={() => setFace(f)}>
                    {f === 'rows' ? 'Rows' : 'Columns'}
                  </button>
                ))}
              </div>
            </header>
            {face === 'rows' ? <Rows table={table} /> : <TableColumns table={table} />}
          </>
        )}
      </main>
    </div>
  );
}
