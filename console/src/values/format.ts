// Values in their positional JSON form (as /sql and live queries give them) as text for people.
import { writeJson, type Json } from '../data/json';
import { isScheduleAt, isUnit, resolve, type SpecialName, type Type, type Typespace } from '../data/types';
import { bigOf } from './integers';
import { durationText, localTimestampText, timestampText } from './times';

export interface Shown {
  text: string;
  /// What a tooltip adds: the whole of what is cut, UTC for local times.
  title?: string;
  tone?: 'number' | 'dim' | 'code' | 'time' | 'true' | 'false' | 'variant';
}

function first(value: Json): Json {
  if (Array.isArray(value)) return value[0] ?? null;
  if (value !== null && typeof value === 'object') return Object.values(value)[0] ?? null;
  return value;
}

export function hexDigits(value: bigint, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

export function uuidText(value: bigint): string {
  const hex = hexDigits(value, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export function shortHex(hex: string): string {
  return hex.length > 16 ? `${hex.slice(0, 8)}…${hex.slice(-6)}` : hex;
}

function special(name: SpecialName, value: Json): Shown {
  const number = bigOf(first(value));
  switch (name) {
    case 'Identity': {
      const hex = hexDigits(number, 64);
      return { text: shortHex(hex), title: hex, tone: 'code' };
    }
    case 'ConnectionId': {
      const hex = hexDigits(number, 32);
      return { text: shortHex(hex), title: hex, tone: 'code' };
    }
    case 'Uuid':
      return { text: uuidText(number), tone: 'code' };
    case 'Timestamp':
      return { text: localTimestampText(number), title: timestampText(number), tone: 'time' };
    case 'TimeDuration':
      return { text: durationText(number), tone: 'time' };
  }
}

function floatText(value: Json): string {
  if (value === null) return 'not a finite number';
  if (Object.is(value, -0)) return '-0';
  return String(value);
}

function sumText(variants: { name: string; type: Type }[], value: Json, space: Typespace): Shown {
  const [tag, payload] = Array.isArray(value) ? value : [];
  const chosen = variants[Number(tag)];
  if (!chosen) return { text: writeJson(value), tone: 'code' };
  if (isScheduleAt(variants)) {
    const when = show(chosen.type, payload ?? null, space);
    return { ...when, text: `${chosen.name === 'Interval' ? 'every' : 'at'} ${when.text}` };
  }
  if (isUnit(chosen.type, space)) return { text: chosen.name, tone: 'variant' };
  return { text: `${chosen.name}(${show(chosen.type, payload ?? null, space).text})`, tone: 'variant' };
}

/// One line.
export function show(type: Type, value: Json, space: Typespace): Shown {
  const found = resolve(type, space);
  switch (found.kind) {
    case 'integer':
      return { text: String(typeof value === 'string' ? bigOf(value) : value), tone: 'number' };
    case 'float':
      return { text: floatText(value), tone: 'number' };
    case 'bool':
      return { text: String(value), tone: value === true ? 'true' : 'false' };
    case 'string':
      return { text: String(value) };
    case 'bytes':
      return { text: value === '' ? 'no bytes' : `0x${String(value)}`, tone: value === '' ? 'dim' : 'code' };
    case 'special':
      return special(found.name, value);
    case 'option': {
      const [tag, payload] = Array.isArray(value) ? value : [];
      return Number(tag) === 0 && payload !== undefined ? show(found.value, payload, space) : { text: 'none', tone: 'dim' };
    }
    case 'array':
      return { text: `[${(Array.isArray(value) ? value : []).map((v) => show(found.element, v, space).text).join(', ')}]` };
    case 'product': {
      if (found.fields.length === 0) return { text: '()', tone: 'dim' };
      const cells = Array.isArray(value) ? value : [];
      return { text: `{ ${found.fields.map((f, i) => `${f.name}: ${show(f.type, cells[i] ?? null, space).text}`).join(', ')} }` };
    }
    case 'sum':
      return sumText(found.variants, value, space);
    case 'ref':
      return { text: writeJson(value) };
  }
}

/// Of which only the JSON and the SQL type are known, as in live answers of any SELECT. What may be NULL comes as
/// [0, value] or [1, []], a special type as [number].
export function showUntyped(value: Json, sqlType: string): Shown {
  if (Array.isArray(value) && value.length === 2 && value[0] === 0) return showUntyped(value[1] ?? null, sqlType);
  if (Array.isArray(value) && value.length === 2 && value[0] === 1 && Array.isArray(value[1]) && value[1].length === 0) return showUntyped(null, sqlType);
  if (Array.isArray(value) && value.length === 1) {
    if (sqlType === 'TIMESTAMP') return special('Timestamp', value);
    const [only] = value;
    if (typeof only === 'string' && only.startsWith('0x')) return special('Identity', value);
  }
  if (value === null) return { text: 'NULL', tone: 'dim' };
  if (typeof value === 'number' || typeof value === 'bigint') return { text: floatText(value), tone: 'number' };
  if (typeof value === 'boolean') return { text: String(value), tone: value ? 'true' : 'false' };
  if (typeof value === 'string') return { text: value };
  return { text: writeJson(value), tone: 'code' };
}

/// As it is copied and shown in full: like show(), but nothing is cut.
export function fullText(type: Type, value: Json, space: Typespace): string {
  const shown = show(type, value, space);
  return shown.title ?? shown.text;
}

const kByteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < kByteUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${kByteUnits[unit]}`;
}

const kCount = new Intl.NumberFormat('en-GB');
export function countText(value: number): string {
  return kCount.format(value);
}
