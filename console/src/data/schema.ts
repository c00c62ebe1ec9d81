// A module's definition (version 10, typed SATS-JSON) as the console needs it.
import { items, member, number, option, text, variant, type Json, type JsonObject } from './json';
import { fieldsOf, resolve, typeOf, type Field, type Type, type Typespace } from './types';

export interface TableSchema {
  name: string;
  kind: 'table' | 'event' | 'view';
  isPublic: boolean;
  columns: Field[];
  primaryKey: number[];
  unique: number[][];
  indexes: { name: string; algorithm: string; columns: number[] }[];
  sequences: number[];
  /// Of views: what they take; only those without parameters can be shown.
  params: Field[];
}
export interface FunctionSchema {
  name: string;
  kind: 'reducer' | 'procedure';
  params: Field[];
  returns: Type;
  /// Why a client cannot call it; empty where it can.
  reserved: string;
}
export interface ModuleSchema {
  space: Typespace;
  tables: TableSchema[];
  functions: FunctionSchema[];
}

function sectionsOf(json: Json): JsonObject {
  const out: JsonObject = {};
  for (const section of items(member(json, 'sections'))) {
    const [name, payload] = variant(section);
    if (payload !== undefined) out[name] = payload;
  }
  return out;
}

function canonicalNames(entries: Json | undefined, kind: string): (source: string) => string {
  const names = new Map<string, string>();
  for (const entry of items(member(entries, 'entries'))) {
    const [of, pair] = variant(entry);
    if (of === kind) names.set(text(member(pair, 'source_name')), text(member(pair, 'canonical_name')));
  }
  return (source) => names.get(source) ?? source;
}

function columnsOf(type: Type, space: Typespace): Field[] {
  const found = resolve(type, space);
  if (found.kind === 'product') return found.fields;
  return [];
}

/// The row type of a view: Array<Row>, Option<Row> or a query of rows.
function viewRow(type: Type, space: Typespace): Field[] {
  if (type.kind === 'array') return columnsOf(type.element, space);
  if (type.kind === 'option') return columnsOf(type.value, space);
  if (type.kind === 'product' && type.fields[0]?.name === '__query__') return columnsOf(type.fields[0].type, space);
  return columnsOf(type, space);
}

function positions(json: Json | undefined): number[] {
  return items(json).map(number);
}

function table(json: Json, space: Typespace, canonical: (name: string) => string): TableSchema {
  return {
    name: canonical(text(member(json, 'source_name'))),
    kind: member(json, 'is_event') === true ? 'event' : 'table',
    isPublic: variant(member(json, 'table_access'))[0] === 'Public',
    columns: columnsOf({ kind: 'ref', index: number(member(json, 'product_type_ref')) }, space),
    primaryKey: positions(member(json, 'primary_key')),
    unique: items(member(json, 'constraints')).map((c) => positions(member(variant(member(c, 'data'))[1], 'columns'))),
    indexes: items(member(json, 'indexes')).map((index) => {
      const [algorithm, columns] = variant(member(index, 'algorithm'));
      return {
        name: text(option(member(index, 'source_name'))),
        algorithm,
        columns: Array.isArray(columns) ? positions(columns) : [number(columns)],
      };
    }),
    sequences: items(member(json, 'sequences')).map((s) => number(member(s, 'column'))),
    params: [],
  };
}

function view(json: Json, space: Typespace, canonical: (name: string) => string): TableSchema {
  return {
    name: canonical(text(member(json, 'source_name'))),
    kind: 'view',
    isPublic: member(json, 'is_public') === true,
    columns: viewRow(typeOf(member(json, 'return_type')), space),
    primaryKey: [],
    unique: [],
    indexes: [],
    sequences: [],
    params: fieldsOf(member(json, 'params')),
  };
}

function reservedNames(sections: JsonObject): Map<string, string> {
  const events: Record<string, string> = {
    Init: 'runs when the database is made',
    OnConnect: 'runs when a client connects',
    OnDisconnect: 'runs when a client leaves',
  };
  const out = new Map<string, string>();
  for (const entry of items(sections['LifeCycleReducers'])) {
    const event = variant(member(entry, 'lifecycle_spec'))[0];
    out.set(text(member(entry, 'function_name')), events[event] ?? 'runs by itself');
  }
  for (const entry of items(sections['Schedules'])) {
    out.set(text(member(entry, 'function_name')), `runs by the schedule in ${text(member(entry, 'table_name'))}`);
  }
  return out;
}

function functions(sections: JsonObject, canonical: (name: string) => string): FunctionSchema[] {
  const reserved = reservedNames(sections);
  const made = (kind: 'reducer' | 'procedure', json: Json): FunctionSchema => {
    const source = text(member(json, 'source_name'));
    const isPrivate = variant(member(json, 'visibility'))[0] === 'Private';
    return {
      name: canonical(source),
      kind,
      params: fieldsOf(member(json, 'params')),
      returns: typeOf(member(json, kind === 'reducer' ? 'ok_return_type' : 'return_type')),
      reserved: reserved.get(source) ?? (isPrivate ? 'is private to the module' : ''),
    };
  };
  return [
    ...items(sections['Reducers']).map((json) => made('reducer', json)),
    ...items(sections['Procedures']).map((json) => made('procedure', json)),
  ];
}

export function schemaOf(json: Json): ModuleSchema {
  const sections = sectionsOf(json);
  const space: Typespace = { types: items(member(sections['Typespace'], 'types')).map(typeOf), names: new Map() };
  for (const named of items(sections['Types'])) {
    const name = member(named, 'source_name');
    const scope = items(member(name, 'scope')).map(text);
    space.names.set(number(member(named, 'ty')), [...scope, text(member(name, 'source_name'))].join('.'));
  }
  const names = sections['ExplicitNames'];
  const tableName = canonicalNames(names, 'Table');
  const functionName = canonicalNames(names, 'Function');
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
  return {
    space,
    tables: [
      ...items(sections['Tables']).map((json) => table(json, space, tableName)).sort(byName),
      ...items(sections['Views']).map((json) => view(json, space, functionName)).sort(byName),
    ],
    functions: functions(sections, functionName).sort((a, b) => Number(a.reserved !== '') - Number(b.reserved !== '') || byName(a, b)),
  };
}
