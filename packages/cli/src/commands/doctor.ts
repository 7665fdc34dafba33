import type { Context } from '../context.ts';
import { checkConductor, checkConfig, checkNats, checkNode, checkRedis, type Finding } from '../doctor/checks.ts';
import { type ExitCode, exitCodes } from '../exit.ts';

export interface DoctorOptions {
  nats?: string;
  redis?: string;
  conductor?: string;
}

/** Looks at everything that can be reached from here, and says what to do about what is wrong. */
export async function doctor({ ui, client }: Context, options: DoctorOptions): Promise<ExitCode> {
  ui.progress('Looking …');
  const { NATS_URL, REDIS_URL, CONDUCTOR_SERVER_URL } = process.env;
  const found = await Promise.all([
    checkConfig(client),
    checkNats(options.nats ?? NATS_URL),
    checkRedis(options.redis ?? REDIS_URL),
    checkConductor(options.conductor ?? CONDUCTOR_SERVER_URL),
  ]);
  const findings = [checkNode(), ...found.flat()];
  const healthy = findings.every(({ state }) => state !== 'bad');
  ui.result({ ok: healthy, findings });
  const { paint } = ui;
  const signs: Record<Finding['state'], string> = {
    fine: paint.green('✓'),
    bad: paint.red('✗'),
    skipped: paint.dim('-'),
  };
  for (const { what, state, detail, advice } of findings) {
    ui.say(`${signs[state]} ${what.padEnd(14)}  ${detail}`);
    if (advice) ui.say(`  ${' '.repeat(14)}  ${paint.yellow(advice)}`);
  }
  return healthy ? exitCodes.done : exitCodes.failed;
}
