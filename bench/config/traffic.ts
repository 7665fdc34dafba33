import { TrafficRecorder } from '../../services/ingress/src/traffic/recorder.ts';
import { round } from '../executor/measure.ts';

/** `node bench/config/traffic.ts`: what counting an answer for the admin API's metrics costs an ingress. */
const recorder = new TrafficRecorder(1_000);
const routes = Array.from({ length: 500 }, (_, n) => [`service-${n % 20}`, `GET /items/${n}`] as const);
const count = 2_000_000;

/** Durations as services have them: most short, some long (ms). */
const durations = Array.from({ length: 1_024 }, () => 2 * Math.exp(2 * Math.random() ** 2 * 3));

function run(add: (service: string, route: string, status: number, ms: number) => void): number {
  const from = performance.now();
  for (let n = 0; n < count; n++) {
    const [service, route] = routes[n % routes.length] as (typeof routes)[number];
    add(service, route, n % 50 ? 200 : 503, durations[n % durations.length] as number);
  }
  return ((performance.now() - from) * 1e6) / count;
}

let sink = 0;
for (let times = 0; times < 3; times++) {
  const empty = run((service, route, status, ms) => void (sink += service.length + route.length + status + ms));
  const counted = run((service, route, status, ms) => recorder.add(service, route, status, ms));
  const from = performance.now();
  const series = recorder.take();
  const took = performance.now() - from;
  report(counted - empty, series.length, took);
}
if (Number.isNaN(sink)) throw new Error('durations are numbers');

function report(nanoseconds: number, series: number, takeMs: number): void {
  console.log(`${round(nanoseconds, 0)} ns an answer; a report of ${series} routes is made in ${round(takeMs, 1)} ms`);
}
