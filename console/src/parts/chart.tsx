// A small line chart of the last minutes.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

interface Props {
  title: string;
  /// Seconds since 1970.
  times: number[];
  values: number[];
  format: (value: number) => string;
  /// What the axis reaches at least.
  least: number;
  /// Of the axis' marks: round ones of ten or of two.
  base: 2 | 10;
}

const kHeight = 110;
const kPowersOfTwo = Array.from({ length: 50 }, (_, i) => 2 ** i);
/// What the time axis spans, in seconds: at least, before there are values for more, and at most.
const kSpanMin = 30;
export const kSpan = 180;

function timeRange(min: number | null, max: number | null): [number, number] {
  const end = max ?? Date.now() / 1000;
  return [Math.min(min ?? end, end - kSpanMin), end];
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function clockText(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}

function makePlot(parent: HTMLElement, { format, least, base }: Props): uPlot {
  const axis = { stroke: () => colour('--faint'), grid: { stroke: () => colour('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui' };
  return new uPlot(
    {
      width: parent.clientWidth,
      height: kHeight,
      legend: { show: false },
      cursor: { y: false, points: { size: 6 } },
      padding: [10, 20, 0, 0],
      scales: {
        x: { time: true, range: (_plot, min, max) => timeRange(min, max) },
        y: { range: (_plot, _min, max) => [0, Math.max(least, (max ?? 0) * 1.15)] },
      },
      axes: [
        { ...axis, grid: { show: false }, size: 24, space: 60, values: (_plot, marks) => marks.map(clockText) },
        { ...axis, size: 58, space: 30, ...(base === 2 ? { incrs: kPowersOfTwo } : {}), values: (_plot, marks) => marks.map(format) },
      ],
      series: [{}, { stroke: () => colour('--accent'), fill: () => colour('--accent-soft'), width: 1.5, points: { show: false } }],
    },
    [[], []],
    parent,
  );
}

export function Chart(props: Props) {
  const { title, times, values, format } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const last = values.at(-1);
  useEffect(() => {
    const parent = host.current;
    if (!parent) return;
    const made = makePlot(parent, props);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: parent.clientWidth, height: kHeight }));
    observer.observe(parent);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData([times, values]), [times, values]);
  return (
    <figure class="chart">
      <figcaption>
        <span>{title}</span>
        <strong>{last === undefined ? '–' : format(last)}</strong>
      </figcaption>
      <div ref={host} role="img" aria-label={`${title}: ${last === undefined ? 'no value yet' : format(last)}`} />
    </figure>
  );
}
