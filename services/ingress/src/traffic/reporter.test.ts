import type { TrafficReport } from '@rostrum/shared/messages';
import { describe, expect, it } from 'vitest';
import { TrafficRecorder } from './recorder.ts';
import { TrafficReporter } from './reporter.ts';

describe('the traffic reporter', () => {
  const start = (maxSeries?: number) => {
    const recorder = new TrafficRecorder(100);
    const taken: TrafficReport[] = [];
    const state = { away: false };
    const reporter = new TrafficReporter({
      ...{ recorder, process: 'p', everyMs: 3_600_000 },
      ...(maxSeries ? { maxSeries } : {}),
      async send(report) {
        taken.push(report);
        if (state.away) throw new Error('away');
      },
    });
    return { recorder, reporter, taken, state };
  };

  it('sends nothing when nothing was answered', async () => {
    const { reporter, taken } = start();
    await reporter.report();
    expect(taken).toEqual([]);
  });

  it('sends a report that was not taken again under its id, and what was counted meanwhile after it', async () => {
    const { recorder, reporter, taken, state } = start();
    state.away = true;
    recorder.add('s', 'r', 200, 1);
    await reporter.report();
    recorder.add('s', 'r', 200, 1);
    recorder.add('s', 'r', 200, 1);
    await reporter.report();
    state.away = false;
    await reporter.stop();
    expect(taken.map(({ id }) => id)).toEqual(['p-1', 'p-1', 'p-1']);
    await reporter.report();
    expect(taken.map(({ id, series }) => [id, series[0]?.statuses['200']]).at(-1)).toEqual(['p-2', 2]);
  });

  it('splits what is too much for one', async () => {
    const { recorder, reporter, taken } = start(2);
    for (const route of ['a', 'b', 'c']) recorder.add('s', route, 200, 1);
    await reporter.stop();
    expect(taken.map(({ series }) => series.length)).toEqual([2, 1]);
  });
});
