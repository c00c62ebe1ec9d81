// JSON that keeps every number: integers that a double cannot hold are bigint, in both directions.

export type Json = null | boolean | number | bigint | string | Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}

const kDepthMax = 1000;

class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  document(): Json {
    const value = this.value(0);
    this.blanks();
    if (this.at !== this.text.length) throw this.unexpected();
    return value;
  }

  private unexpected(): SyntaxError {
    return new SyntaxError(`JSON: unexpected text at ${this.at}: ${this.text.slice(this.at, this.at + 20)}`);
  }

  private blanks(): void {
    for (;;) {
      const c = this.text.charCodeAt(this.at);
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
      this.at += 1;
    }
  }

  private take(token: string): boolean {
    this.blanks();
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  private value(depth: number): Json {
    if (depth > kDepthMax) throw new SyntaxError('JSON: nested too deeply');
    if (this.take('[')) return this.array(depth);
    if (this.take('{')) return this.object(depth);
    const c = this.text[this.at];
    if (c === '"') return this.string();
    if (this.take('true')) return true;
    if (this.take('false')) return false;
    if (this.take('null')) return null;
    return this.number();
  }

  private array(depth: number): Json[] {
    const out: Json[] = [];
    if (this.take(']')) return out;
    do {
      out.push(this.value(depth + 1));
    } while (this.take(','));
    if (!this.take(']')) throw this.unexpected();
    return out;
  }

  private object(depth: number): JsonObject {
    const out: JsonObject = {};
    if (this.take('}')) return out;
    do {
      this.blanks();
      const name = this.string();
      if (!this.take(':')) throw this.unexpected();
      out[name] = this.value(depth + 1);
    } while (this.take(','));
    if (!this.take('}')) throw this.unexpected();
    return out;
  }

  private string(): string {
    if (this.text[this.at] !== '"') throw this.unexpected();
    let end = this.at + 1;
    let escaped = false;
    for (;;) {
      const c = this.text.charCodeAt(end);
      if (c === 0x22) break;
      if (Number.isNaN(c)) throw this.unexpected();
      if (c === 0x5c) {
        escaped = true;
        end += 1;
      }
      end += 1;
    }
    const start = this.at;
    this.at = end + 1;
    return escaped ? (JSON.parse(this.text.slice(start, this.at)) as string) : this.text.slice(start + 1, end);
  }

  private number(): number | bigint {
    const pattern = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y;
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (!found) throw this.unexpected();
    this.at = pattern.lastIndex;
    const value = Number(found[0]);
    const whole = found[1] === undefined && found[2] === undefined;
    return whole && !Number.isSafeInteger(value) ? BigInt(found[0]) : value;
  }
}

export function parseJson(text: string): Json {
  return new Reader(text).document();
}

export function writeJson(value: Json): string {
  if (typeof value === 'bigint') return value.toString();
  if (Object.is(value, -0)) return '-0.0';
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    return `{${Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}:${writeJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

// --- reading documents of a known form --------------------------------------------------------

export function member(value: Json | undefined, name: string): Json | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  return value[name];
}

export function items(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

export function number(value: Json | undefined): number {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : 0;
}

/// Of {"Name": payload}: the name and the payload.
export function variant(value: Json | undefined): [string, Json | undefined] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return ['', undefined];
  const entry = Object.entries(value)[0];
  return entry ?? ['', undefined];
}

/// Of {"some": v} and {"none": []}: v or nothing.
export function option(value: Json | undefined): Json | undefined {
  return member(value, 'some');
}
