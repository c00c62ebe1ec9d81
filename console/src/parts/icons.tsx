// Small line icons, drawn with the colour of the text around them.
const kPaths: Record<string, string> = {
  table: 'M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 6.5v6',
  view: 'M1.5 8s2.4-4.2 6.5-4.2S14.5 8 14.5 8 12.1 12.2 8 12.2 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z',
  event: 'M9 1.8 3.5 9H8l-1 5.2L12.5 7H8z',
  lock: 'M4 7.5h8v6H4zM5.5 7.5V5.3a2.5 2.5 0 0 1 5 0v2.2',
  key: 'M5.2 6.6a2.6 2.6 0 1 0 .01 0zM7 7.8 12.6 2.2M10.4 4.4l2 2',
  play: 'M4.5 3v10l8-5z',
  tree: 'M3 3h4v3H3zM9 9.5h4v3H9zM5 6v5h4',
  close: 'm4 4 8 8m0-8-8 8',
  up: 'm4 10 4-4 4 4',
  down: 'm4 6 4 4 4-4',
  plus: 'M8 3v10M3 8h10',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9',
  moon: 'M13 9.6A5.6 5.6 0 0 1 6.4 3 5.5 5.5 0 1 0 13 9.6z',
  copy: 'M5.5 5.5h7v8h-7zM3.5 10.5v-8h7',
  broadcast: 'M8 7.2a.8.8 0 1 0 0 1.6.8.8 0 0 0 0-1.6zM5.3 5.3a3.8 3.8 0 0 0 0 5.4M10.7 5.3a3.8 3.8 0 0 1 0 5.4M3.3 3.3a6.6 6.6 0 0 0 0 9.4M12.7 3.3a6.6 6.6 0 0 1 0 9.4',
};

export function Icon({ name }: { name: string }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={kPaths[name] ?? ''} />
    </svg>
  );
}

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="16" r="4" class="mark-sun" />
      <ellipse cx="16" cy="16" rx="13" ry="6" class="mark-orbit" transform="rotate(-28 16 16)" />
      <circle cx="26.6" cy="8.4" r="2.6" class="mark-planet" />
    </svg>
  );
}
