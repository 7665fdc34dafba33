import { measure, round } from './measure.ts';
import { setUp, startStub } from './setting.ts';
import { readFileSync } from 'node:fs';
const stub = await startStub(1);
{
await using s = await setUp(stub.url, process.env.PROF ? { NODE_OPTIONS: '--cpu-prof --cpu-prof-dir=/tmp/prof' } : {});
const ticks = (pid: number) => { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' '); return Number(f[11]) + Number(f[12]); };
const pids: [string, number][] = [['ingress', s.gateway.stack.services.ingress[0]!.pid!], ['executor', s.gateway.stack.services.executor[0]!.pid!], ['nats', s.gateway.stack.nats!.pid!], ['bench', process.pid]];
await measure(Number(process.argv[2] ?? 32), 3000, s.short);
const c0 = pids.map(([, p]) => ticks(p));
const m = await measure(Number(process.argv[2] ?? 32), 8000, s.short);
const n = m.perSecond * 8;
console.log(m, pids.map(([name, p], i) => `${name} ${round(((ticks(p) - c0[i]!) * 10000) / n, 0)} µs`).join(', '));
}
stub.stop();
