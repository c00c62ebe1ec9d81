// Light or dark: as the system has it until it is chosen here.
const kKey = 'orrery.theme';
export type Theme = 'light' | 'dark';

export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset['theme'];
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function applyStoredTheme(): void {
  const stored = localStorage.getItem(kKey);
  if (stored === 'light' || stored === 'dark') document.documentElement.dataset['theme'] = stored;
}

export function setTheme(theme: Theme): void {
  localStorage.setItem(kKey, theme);
  document.documentElement.dataset['theme'] = theme;
}
