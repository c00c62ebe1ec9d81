import { render } from 'preact';
import { App } from './app';
import { applyStoredTheme } from './data/theme';

applyStoredTheme();
const root = document.getElementById('console');
if (root) render(<App />, root);
