// Which databases were opened in this browser, the last one first.
const kKey = 'orrery.visited';
const kMax = 12;

export function visited(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(kKey) ?? '[]');
    return Array.isArray(stored) ? stored.filter((name): name is string => typeof name === 'string') : [];
  } catch {
    return [];
  }
}

export function rememberVisit(name: string): void {
  localStorage.setItem(kKey, JSON.stringify([name, ...visited().filter((other) => other !== name)].slice(0, kMax)));
}

export function forgetVisit(name: string): void {
  localStorage.setItem(kKey, JSON.stringify(visited().filter((other) => other !== name)));
}
