// Statements that were run in a database from this browser, the last one first.
const kMax = 100;
const key = (database: string) => `orrery.statements.${database}`;

export function statements(database: string): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key(database)) ?? '[]');
    return Array.isArray(stored) ? stored.filter((s): s is string => typeof s === 'string') : [];
  } catch {
    return [];
  }
}

export function rememberStatement(database: string, sql: string): void {
  const list = [sql, ...statements(database).filter((s) => s !== sql)].slice(0, kMax);
  localStorage.setItem(key(database), JSON.stringify(list));
}
