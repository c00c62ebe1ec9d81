// What a code generator would write for the published client, made from the definition of a module that the server tells:
// its tables, views, reducers and procedures with their types.
import { procedures, procedureSchema, reducerSchema, reducers, schema, t, table, toCamelCase } from 'spacetimedb';

const kPrimitives = {
  Bool: t.bool, String: t.string, F32: t.f32, F64: t.f64, I8: t.i8, U8: t.u8, I16: t.i16, U16: t.u16, I32: t.i32,
  U32: t.u32, I64: t.i64, U64: t.u64, I128: t.i128, U128: t.u128, I256: t.i256, U256: t.u256,
};
const kSpecial = {
  __identity__: t.identity, __connection_id__: t.connectionId, __timestamp_micros_since_unix_epoch__: t.timestamp,
  __time_duration_micros__: t.timeDuration, __uuid__: t.uuid,
};

const name_of = (element) => element.name.some;

class Types {
  constructor(definition) {
    this.space = definition.typespace.types;
    this.names = new Map(definition.types.map((each) => [each.ty, each.name.name]));
    this.made = new Map();
  }

  make(type, name) {
    const [[kind, value]] = Object.entries(type);
    if (kPrimitives[kind]) return kPrimitives[kind]();
    switch (kind) {
      case 'Ref':
        if (!this.made.has(value)) this.made.set(value, this.make(this.space[value], this.names.get(value)));
        return this.made.get(value);
      case 'Array':
        return value.U8 ? t.byteArray() : t.array(this.make(value));
      case 'Product': {
        const first = value.elements.length === 1 ? kSpecial[name_of(value.elements[0])] : undefined;
        if (first) return first();
        if (value.elements.length === 0) return t.unit();
        return t.object(name ?? 'Anonymous', this.fields(value.elements));
      }
      case 'Sum': {
        const names = value.variants.map(name_of);
        const types = value.variants.map((each) => this.make(each.algebraic_type));
        if (names.join() === 'some,none') return t.option(types[0]);
        if (names.join() === 'ok,err') return t.result(types[0], types[1]);
        if (names.join() === 'Interval,Time') return t.scheduleAt();
        return t.enum(name ?? 'Anonymous', Object.fromEntries(names.map((each, i) => [each, types[i]])));
      }
    }
    throw new Error(`no such type: ${kind}`);
  }

  fields(elements) {
    return Object.fromEntries(elements.map((each) => [toCamelCase(name_of(each)), this.make(each.algebraic_type)]));
  }

  /// Columns with their canonical names and roles.
  row(ref, roles) {
    const { elements } = this.space[ref].Product;
    return t.row(this.names.get(ref), Object.fromEntries(elements.map((each, i) => {
      let column = this.make(each.algebraic_type);
      if (roles.primary === i) column = column.primaryKey();
      else if (roles.unique?.includes(i)) column = column.unique ? column.unique() : column;
      else if (roles.indexed?.includes(i)) column = column.index ? column.index('btree') : column;
      return [toCamelCase(name_of(each)), typeof column.name === 'function' ? column.name(name_of(each)) : column];
    })));
  }
}

/// Sections of a V10 definition that the V9 form does not have, by canonical names.
function more_of(v10) {
  const section = (name) => v10.sections.find((each) => each[name])?.[name] ?? [];
  const canonical = { Table: new Map(), Function: new Map() };
  for (const entry of section('ExplicitNames').entries ?? []) {
    for (const kind of Object.keys(canonical)) {
      if (entry[kind]) canonical[kind].set(entry[kind].source_name, entry[kind].canonical_name);
    }
  }
  const named = (kind, source) => canonical[kind].get(source) ?? source;
  return {
    events: new Set(section('Tables').filter((each) => each.is_event).map((each) => named('Table', each.source_name))),
    view_keys: new Map(section('ViewPrimaryKeys').map((each) => [named('Function', each.view_source_name), each.columns])),
    hidden: new Set([...section('Reducers'), ...section('Procedures')].filter((each) => each.visibility.Private)
      .map((each) => named('Function', each.source_name))),
  };
}

function roles_of(each) {
  const one = (columns) => (columns.length === 1 ? columns : []);
  return {
    primary: each.primary_key[0],
    unique: each.constraints.flatMap((constraint) => one(constraint.data.Unique.columns)),
    indexed: each.indexes.flatMap((index) => one(index.algorithm.BTree ?? [])),
  };
}

/// The row type and key of what a view returns: rows of a type, or a query on a table.
function view_shape(view, definition) {
  const type = view.return_type;
  const query = type.Product?.elements.find((each) => name_of(each) === '__query__');
  if (query) {
    const ref = query.algebraic_type.Ref;
    const source = definition.tables.find((each) => each.product_type_ref === ref);
    return { ref, primary: source?.primary_key[0] };
  }
  return { ref: (type.Array ?? type.Sum.variants[0].algebraic_type).Ref };
}

/// The module as the client wants it. `privates`: with the tables that are not public.
export async function bindings_of(server, database, { privates = false } = {}) {
  const definition = await server.schema(database, 9);
  const more = more_of(await server.schema(database, 10));
  const types = new Types(definition);
  const tables = {};
  const add = (name, row, event) => { tables[toCamelCase(name)] = table({ name, event }, row); };
  for (const each of definition.tables) {
    if (!privates && !each.table_access.Public) continue;
    add(each.name, types.row(each.product_type_ref, roles_of(each)), more.events.has(each.name));
  }
  const procedure_list = [];
  for (const { View: view, Procedure: procedure } of definition.misc_exports) {
    if (view && view.is_public) {
      const { ref, primary } = view_shape(view, definition);
      const key = more.view_keys.get(view.name);
      const names = types.space[ref].Product.elements.map(name_of);
      add(view.name, types.row(ref, { primary: key ? names.indexOf(key[0]) : primary }), false);
    }
    if (procedure && !more.hidden.has(procedure.name)) {
      procedure_list.push(procedureSchema(procedure.name, types.fields(procedure.params.elements),
        types.make(procedure.return_type)));
    }
  }
  const reducer_list = definition.reducers.filter((each) => !each.lifecycle.some && !more.hidden.has(each.name))
    .map((each) => reducerSchema(each.name, types.fields(each.params.elements)));
  return {
    versionInfo: { cliVersion: '2.10.1' },
    tables: schema(tables).schemaType.tables,
    reducers: reducers(reducer_list).reducersType.reducers,
    ...procedures(procedure_list),
  };
}
