// Who is connected, and how much happens, asked for once a second.
import { useEffect, useState } from 'preact/hooks';
import { useDatabase } from '../data/database';
import { databaseStats, HttpError, type ClientInfo, type Stats } from '../data/http';
import { href } from '../data/route';
import { Chart, kSpan } from '../parts/chart';
import { CopyHex } from '../parts/copy';
import { Notice } from '../parts/notice';
import { bytesText, countText } from '../values/format';
import { durationText } from '../values/times';

interface Sample {
  /// Seconds since 1970.
  time: number;
  stats: Stats;
}

const kEveryMillis = 1000;

function useSamples(name: string): { samples: Sample[]; refused: boolean; problem: string } {
  const [samples, setSamples] = useState<Sample[]>([]);
  const [refused, setRefused] = useState(false);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const ending = new AbortController();
    let timer = 0;
    const look = async () => {
      try {
        const stats = await databaseStats(name, ending.signal);
        setProblem('');
        // Counters begin again with the server; rates over its restart would be nonsense.
        setSamples((before) => {
          const restarted = before.length > 0 && stats.uptimeMicros < before.at(-1)!.stats.uptimeMicros;
          return [...(restarted ? [] : before.slice(-kSpan)), { time: Date.now() / 1000, stats }];
        });
      } catch (error) {
        if (ending.signal.aborted) return;
        if (error instanceof HttpError && (error.status === 403 || error.status === 401)) {
          setRefused(true);
          return;
        }
        setProblem((error as Error).message);
      }
      timer = setTimeout(() => void look(), kEveryMillis);
    };
    void look();
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [name]);
  return { samples, refused, problem };
}

function sentBytes(stats: Stats): Map<string, number> {
  return new Map(stats.clients.map((c) => [c.connection, c.sentBytes]));
}

/// What those who were connected both times were sent between, and those who came since.
function sentBetween(before: Stats, after: Stats): number {
  const old = sentBytes(before);
  return after.clients.reduce((sum, c) => sum + c.sentBytes - (old.get(c.connection) ?? 0), 0);
}

function rates(samples: Sample[], change: (before: Stats, after: Stats) => number): number[] {
  return samples.slice(1).map((sample, i) => {
    const before = samples[i]!;
    return Math.max(0, change(before.stats, sample.stats) / Math.max(0.001, sample.time - before.time));
  });
}

function perSecond(value: number): string {
  return `${value >= 100 || Number.isInteger(value) ? countText(Math.round(value)) : value.toFixed(1)}/s`;
}

function Clients({ clients }: { clients: ClientInfo[] }) {
  if (clients.length === 0) {
    return (
      <Notice title="Nobody is connected">
        <p>Clients appear here while their WebSocket is open.</p>
      </Notice>
    );
  }
  return (
    <div class="table-frame">
      <table class="list">
        <thead>
          <tr>
            <th>Identity</th>
            <th>Connection</th>
            <th>Protocol</th>
            <th class="number">For</th>
            <th class="number">Subscriptions</th>
            <th class="number">Sent</th>
          </tr>
        </thead>
        <tbody>
          {clients.map((c) => (
            <tr key={c.connection}>
              <td>
                <CopyHex hex={c.identity} label="identity" />
              </td>
              <td>
                <CopyHex hex={c.connection} label="connection id" />
              </td>
              <td>{c.protocol}</td>
              <td class="number">{durationText(BigInt(Math.floor(c.connectedMicros / 1e6)) * 1_000_000n)}</td>
              <td class="number">{countText(c.subscriptions)}</td>
              <td class="number">{bytesText(c.sentBytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Activity() {
  const { name } = useDatabase();
  const { samples, refused, problem } = useSamples(name);
  if (refused) {
    return (
      <main class="page" id="content">
        <Notice title="Only the owner sees who is connected">
          <p>Sign in with the token of the identity that published this database.</p>
          <p>
            <a class="button" href={href('sign-in')}>
              Sign in
            </a>
          </p>
        </Notice>
      </main>
    );
  }
  const now = samples.at(-1)?.stats;
  const times = samples.slice(1).map((s) => s.time);
  return (
    <main class="main scroll full" id="content" tabIndex={-1}>
      {problem && (
        <Notice title="No news from the server" tone="error">
          <p>{problem}. It is asked again every second.</p>
        </Notice>
      )}
      <div class="charts">
        <Chart title="Transactions" times={times} values={rates(samples, (a, b) => b.transactions - a.transactions)} format={perSecond} least={4} base={10} />
        <Chart title="Reducer calls" times={times} values={rates(samples, (a, b) => b.calls - a.calls)} format={perSecond} least={4} base={10} />
        <Chart title="Rows changed" times={times} values={rates(samples, (a, b) => b.rows - a.rows)} format={perSecond} least={4} base={10} />
        <Chart title="Sent to clients" times={times} values={rates(samples, sentBetween)} format={(v) => `${bytesText(v)}/s`} least={4096} base={2} />
        <Chart title="Memory" times={times} values={samples.slice(1).map((s) => s.stats.memoryBytes)} format={bytesText} least={4096} base={2} />
      </div>
      <section>
        <h2 class="section-title">
          Connected clients {now && <span class="tag">{now.clients.length}</span>}
          {now && <span class="small"> the server has been up for {durationText(BigInt(Math.floor(now.uptimeMicros / 1e6)) * 1_000_000n)}</span>}
        </h2>
        {now && <Clients clients={now.clients} />}
      </section>
    </main>
  );
}
