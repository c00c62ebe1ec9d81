// A live SELECT as state of a component.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Json } from './json';
import type { LiveColumn, LiveConnection, LiveFailure } from './live';
import { LiveRows, type LiveRow } from './live_rows';

export interface LiveView {
  /// The statement that columns and rows belong to; that of before until the new one has answered.
  sql: string;
  columns: LiveColumn[];
  rows: LiveRow[];
  state: 'loading' | 'live' | 'failed';
  error: LiveFailure | null;
}

const kNothing: LiveView = { sql: '', columns: [], rows: [], state: 'loading', error: null };
const kSettleMillis = 250;

/// `key`: positions of the columns that tell rows apart. An empty statement: nothing is asked.
export function useLive(live: LiveConnection, sql: string, key: number[]): LiveView {
  const [view, setView] = useState<LiveView>(kNothing);
  const keyText = key.join();
  const frame = useRef(0);
  useEffect(() => {
    if (sql === '') {
      setView(kNothing);
      return;
    }
    const rows = new LiveRows(keyText === '' ? [] : keyText.split(',').map(Number));
    let columns: LiveColumn[] = [];
    let timer = 0;
    const draw = () => {
      cancelAnimationFrame(frame.current);
      frame.current = requestAnimationFrame(() => {
        setView({ sql, columns, rows: rows.shown(), state: 'live', error: null });
      });
    };
    const settle = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (rows.settle(performance.now())) settle();
        draw();
      }, kSettleMillis);
    };
    setView((before) => ({ ...before, state: 'loading', error: null }));
    const end = live.subscribe(sql, {
      result(given: LiveColumn[], cells: Json[][]) {
        columns = given;
        rows.reset(cells);
        draw();
      },
      change(change) {
        rows.apply(change, performance.now());
        draw();
        settle();
      },
      failed(error) {
        cancelAnimationFrame(frame.current);
        setView({ ...kNothing, sql, state: 'failed', error });
      },
    });
    return () => {
      end();
      clearTimeout(timer);
      cancelAnimationFrame(frame.current);
    };
  }, [live, sql, keyText]);
  return view;
}
