// What a person has typed into a form so far, by type, and the JSON argument that it makes.
import type { Json } from '../data/json';
import { resolve, type SpecialName, type Type, type Typespace } from '../data/types';
import { hexText, integerRange, parseInteger } from './integers';
import { parseDuration, parseTimestamp } from './times';

/// Text for what is typed, a choice with its payload for sums and options, a list for arrays and products.
export type Draft = string | boolean | { tag: number; payload: Draft } | Draft[];

export class DraftError extends Error {
  constructor(
    readonly path: string,
    message: string,
  ) {
    super(message);
  }
}

/// Nothing where a value of the type needs one of itself first.
function draftWithin(type: Type, space: Typespace, open: number[]): Draft | undefined {
  if (type.kind === 'ref') {
    return open.includes(type.index) ? undefined : draftWithin(resolve(type, space), space, [...open, type.index]);
  }
  switch (type.kind) {
    case 'bool':
      return false;
    case 'array':
      return [];
    case 'option':
      return { tag: 1, payload: [] };
    case 'product': {
      const fields = type.fields.map((field) => draftWithin(field.type, space, open));
      return fields.some((field) => field === undefined) ? undefined : (fields as Draft[]);
    }
    case 'sum':
      for (let tag = 0; tag < type.variants.length; ++tag) {
        const payload = draftWithin(type.variants[tag]!.type, space, open);
        if (payload !== undefined) return { tag, payload };
      }
      return undefined;
    default:
      return '';
  }
}

export function emptyDraft(type: Type, space: Typespace): Draft {
  return draftWithin(type, space, []) ?? '';
}

function encodeInteger(name: Parameters<typeof integerRange>[0], text: string, path: string): Json {
  const value = parseInteger(text);
  if (value === undefined) throw new DraftError(path, text.trim() === '' ? 'a whole number is missing' : 'is no whole number');
  const { min, max } = integerRange(name);
  if (value < min || value > max) throw new DraftError(path, `must be from ${min} to ${max}`);
  return name.endsWith('256') ? hexText(value) : value;
}

function hexNumber(text: string, digits: number, path: string, what: string): bigint {
  const plain = text.trim().replace(/^0x/i, '').replaceAll('-', '');
  if (!/^[0-9a-fA-F]+$/.test(plain) || plain.length > digits) throw new DraftError(path, `${what} is ${digits} hex digits`);
  return BigInt(`0x${plain}`);
}

function encodeSpecial(name: SpecialName, text: string, path: string): Json {
  switch (name) {
    case 'Identity':
      return [hexText(hexNumber(text, 64, path, 'an identity'))];
    case 'ConnectionId':
      return [hexNumber(text, 32, path, 'a connection id')];
    case 'Uuid':
      return [hexNumber(text, 32, path, 'a UUID')];
    case 'Timestamp': {
      const micros = parseTimestamp(text);
      if (micros === undefined) throw new DraftError(path, 'is no date and time, such as 2026-01-31 12:00:00.5');
      return [micros];
    }
    case 'TimeDuration': {
      const micros = parseDuration(text);
      if (micros === undefined) throw new DraftError(path, 'is no duration, such as 1 h 30 min or 250 ms');
      return [micros];
    }
  }
}

function encodeFloat(text: string, path: string): Json {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new DraftError(path, text.trim() === '' ? 'a number is missing' : 'is no finite number');
  return value;
}

function encodeBytes(text: string, path: string): Json {
  const digits = text.replace(/^\s*0x/i, '').replace(/\s+/g, '').toLowerCase();
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new DraftError(path, 'bytes are pairs of hex digits');
  return digits;
}

/// The positional JSON of a draft. Throws a DraftError that names the field.
export function encode(type: Type, draft: Draft, space: Typespace, path: string): Json {
  const found = resolve(type, space);
  const typed = typeof draft === 'string' ? draft : '';
  switch (found.kind) {
    case 'integer':
      return encodeInteger(found.name, typed, path);
    case 'float':
      return encodeFloat(typed, path);
    case 'bool':
      return draft === true;
    case 'string':
      return typed;
    case 'bytes':
      return encodeBytes(typed, path);
    case 'special':
      return encodeSpecial(found.name, typed, path);
    case 'array':
      return (Array.isArray(draft) ? draft : []).map((item, i) => encode(found.element, item, space, `${path}.${i}`));
    case 'product': {
      const fields = Array.isArray(draft) ? draft : [];
      return found.fields.map((field, i) => encode(field.type, fields[i] ?? '', space, `${path}.${i}`));
    }
    case 'option':
    case 'sum': {
      if (typeof draft !== 'object' || Array.isArray(draft)) throw new DraftError(path, 'no variant is chosen');
      const payload = found.kind === 'option' ? (draft.tag === 0 ? found.value : undefined) : found.variants[draft.tag]?.type;
      return [draft.tag, payload ? encode(payload, draft.payload, space, `${path}.${draft.tag}`) : []];
    }
    case 'ref':
      throw new DraftError(path, 'has a type that the schema does not explain');
  }
}
