// Timestamps and durations, in microseconds, as people write them.

const kUnits: [string, bigint][] = [
  ['d', 86_400_000_000n],
  ['h', 3_600_000_000n],
  ['min', 60_000_000n],
  ['s', 1_000_000n],
  ['ms', 1_000n],
  ['µs', 1n],
];

/// "1 h 30 min", "-250 ms", "0 s".
export function durationText(micros: bigint): string {
  if (micros === 0n) return '0 s';
  let left = micros < 0n ? -micros : micros;
  const parts: string[] = [];
  for (const [unit, size] of kUnits) {
    if (left >= size) parts.push(`${left / size} ${unit}`);
    left %= size;
  }
  return (micros < 0n ? '-' : '') + parts.join(' ');
}

/// What durationText writes, and numbers with fractions: "1.5 h", "90 s". A number alone is seconds.
export function parseDuration(text: string): bigint | undefined {
  const trimmed = text.trim();
  const negative = trimmed.startsWith('-');
  let rest = trimmed.replace(/^[+-]\s*/, '').replace(/us\b/g, 'µs');
  if (/^[\d.]+$/.test(rest)) rest += ' s';
  let total = 0n;
  const pattern = /\s*(\d+)(?:\.(\d{1,11}))?\s*(d|h|min|ms|µs|s)(?![a-z])/y;
  while (pattern.lastIndex < rest.length) {
    const found = pattern.exec(rest);
    if (!found) return undefined;
    const size = kUnits.find(([unit]) => unit === found[3])?.[1] ?? 1n;
    const fraction = found[2] ?? '';
    total += BigInt(found[1] ?? '0') * size + (BigInt(fraction || '0') * size) / 10n ** BigInt(fraction.length);
  }
  if (rest.length === 0) return undefined;
  return negative ? -total : total;
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

function split(micros: bigint): { millis: number; fraction: string } {
  const inSecond = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return { millis: Number((micros - inSecond) / 1000n), fraction: inSecond === 0n ? '' : `.${inSecond.toString().padStart(6, '0')}` };
}

/// RFC 3339 in UTC; the number itself where no calendar reaches.
export function timestampText(micros: bigint): string {
  const { millis, fraction } = split(micros);
  if (Math.abs(millis) > 8.64e15) return `${micros} µs`;
  return `${new Date(millis).toISOString().slice(0, -5)}${fraction}Z`;
}

/// In the reader's own time zone: "2026-11-21 21:32:33.473160".
export function localTimestampText(micros: bigint): string {
  const { millis, fraction } = split(micros);
  if (Math.abs(millis) > 8.64e15) return `${micros} µs`;
  const t = new Date(millis);
  return `${t.getFullYear()}-${pad(t.getMonth() + 1, 2)}-${pad(t.getDate(), 2)} ${pad(t.getHours(), 2)}:${pad(t.getMinutes(), 2)}:${pad(t.getSeconds(), 2)}${fraction}`;
}

/// Local date and time, RFC 3339, or microseconds since 1970 as a plain number.
export function parseTimestamp(text: string): bigint | undefined {
  const trimmed = text.trim();
  if (/^-?\d+$/.test(trimmed)) return BigInt(trimmed);
  const found = /^([+-]?\d{4,6}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,6})\d*)?\s*(Z|[+-]\d\d:\d\d)?$/.exec(trimmed);
  if (!found) return undefined;
  const millis = Date.parse(`${found[1]?.replace(' ', 'T')}${found[3] ?? ''}`);
  if (Number.isNaN(millis)) return undefined;
  return BigInt(millis) * 1000n + BigInt((found[2] ?? '').padEnd(6, '0'));
}
