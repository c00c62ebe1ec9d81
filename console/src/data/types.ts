// Algebraic types as the schema gives them, with the special ones told apart.
import { items, member, number, option, text, variant, type Json } from './json';

export type IntegerName = 'I8' | 'U8' | 'I16' | 'U16' | 'I32' | 'U32' | 'I64' | 'U64' | 'I128' | 'U128' | 'I256' | 'U256';
export type SpecialName = 'Identity' | 'ConnectionId' | 'Timestamp' | 'TimeDuration' | 'Uuid';

export interface Field {
  name: string;
  type: Type;
}
export type Type =
  | { kind: 'integer'; name: IntegerName }
  | { kind: 'float'; name: 'F32' | 'F64' }
  | { kind: 'bool' }
  | { kind: 'string' }
  | { kind: 'bytes' }
  | { kind: 'special'; name: SpecialName }
  | { kind: 'array'; element: Type }
  | { kind: 'option'; value: Type }
  | { kind: 'product'; fields: Field[] }
  | { kind: 'sum'; variants: Field[] }
  | { kind: 'ref'; index: number };

/// What refs point to.
export interface Typespace {
  types: Type[];
  names: Map<number, string>;
}

const kIntegers = new Set<string>(['I8', 'U8', 'I16', 'U16', 'I32', 'U32', 'I64', 'U64', 'I128', 'U128', 'I256', 'U256']);
const kSpecials: Record<string, SpecialName> = {
  __identity__: 'Identity',
  __connection_id__: 'ConnectionId',
  __timestamp_micros_since_unix_epoch__: 'Timestamp',
  __time_duration_micros__: 'TimeDuration',
  __uuid__: 'Uuid',
};

export const kUnit: Type = { kind: 'product', fields: [] };
export const kString: Type = { kind: 'string' };

function field(json: Json, position: number): Field {
  return { name: text(option(member(json, 'name'))) || String(position), type: typeOf(member(json, 'algebraic_type')) };
}

function product(json: Json | undefined): Type {
  const fields = items(member(json, 'elements')).map(field);
  const only = fields.length === 1 ? fields[0] : undefined;
  const special = only && kSpecials[only.name];
  return special ? { kind: 'special', name: special } : { kind: 'product', fields };
}

function sum(json: Json | undefined): Type {
  const variants = items(member(json, 'variants')).map(field);
  const [some, none] = variants;
  if (variants.length === 2 && some?.name === 'some' && none?.name === 'none') return { kind: 'option', value: some.type };
  return { kind: 'sum', variants };
}

export function typeOf(json: Json | undefined): Type {
  const [name, payload] = variant(json);
  if (kIntegers.has(name)) return { kind: 'integer', name: name as IntegerName };
  switch (name) {
    case 'F32':
    case 'F64':
      return { kind: 'float', name };
    case 'Bool':
      return { kind: 'bool' };
    case 'String':
      return kString;
    case 'Array': {
      const element = typeOf(payload);
      return element.kind === 'integer' && element.name === 'U8' ? { kind: 'bytes' } : { kind: 'array', element };
    }
    case 'Product':
      return product(payload);
    case 'Sum':
      return sum(payload);
    case 'Ref':
      return { kind: 'ref', index: number(payload) };
    default:
      return kUnit;
  }
}

export function fieldsOf(json: Json | undefined): Field[] {
  return items(member(json, 'elements')).map(field);
}

/// Follows references; one that leads nowhere is the unit.
export function resolve(type: Type, space: Typespace): Type {
  let found = type;
  for (let steps = 0; found.kind === 'ref' && steps < 64; ++steps) found = space.types[found.index] ?? kUnit;
  return found.kind === 'ref' ? kUnit : found;
}

export function isUnit(type: Type, space: Typespace): boolean {
  const found = resolve(type, space);
  return found.kind === 'product' && found.fields.length === 0;
}

function isNamed(variants: Field[], first: string, second: string): boolean {
  return variants.length === 2 && variants[0]?.name === first && variants[1]?.name === second;
}
export function isScheduleAt(variants: Field[]): boolean {
  return isNamed(variants, 'Interval', 'Time');
}
export function isResult(variants: Field[]): boolean {
  return isNamed(variants, 'ok', 'err');
}

/// A name that a person reads: "Option<Array<Shape>>".
export function typeText(type: Type, space: Typespace): string {
  switch (type.kind) {
    case 'integer':
    case 'float':
    case 'special':
      return type.name;
    case 'bool':
      return 'Bool';
    case 'string':
      return 'String';
    case 'bytes':
      return 'Bytes';
    case 'array':
      return `Array<${typeText(type.element, space)}>`;
    case 'option':
      return `Option<${typeText(type.value, space)}>`;
    case 'ref':
      return space.names.get(type.index) ?? typeText(resolve(type, space), space);
    case 'product':
      return type.fields.length === 0 ? '()' : `{ ${type.fields.map((f) => `${f.name}: ${typeText(f.type, space)}`).join(', ')} }`;
    case 'sum':
      if (isScheduleAt(type.variants)) return 'ScheduleAt';
      if (isResult(type.variants)) return `Result<${type.variants.map((v) => typeText(v.type, space)).join(', ')}>`;
      return type.variants.map((v) => v.name).join(' | ') || 'Never';
  }
}
