// Whole numbers of all widths as text and back, without ever going through a double.
import type { IntegerName } from '../data/types';

export function integerRange(name: IntegerName): { min: bigint; max: bigint } {
  const bits = BigInt(name.slice(1));
  return name.startsWith('U')
    ? { min: 0n, max: (1n << bits) - 1n }
    : { min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n };
}

/// Decimal or 0x hex digits, with a sign and _ between digits; nothing where the text is neither.
export function parseInteger(text: string): bigint | undefined {
  const plain = text.trim().replace(/(?<=[0-9a-fA-F])_(?=[0-9a-fA-F])/g, '');
  const found = /^([+-]?)(0[xX][0-9a-fA-F]+|\d+)$/.exec(plain);
  if (!found?.[2]) return undefined;
  const magnitude = BigInt(found[2]);
  return found[1] === '-' ? -magnitude : magnitude;
}

/// 256-bit numbers are hex texts in JSON.
export function hexText(value: bigint): string {
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

export function bigOf(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'string') return parseInteger(value) ?? 0n;
  return 0n;
}
