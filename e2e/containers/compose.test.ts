import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '@rostrum/stack';
import { describe, expect, it } from 'vitest';
import { settingsSchema as executor } from '../../services/executor/src/config.ts';
import { settingsSchema as ingress } from '../../services/ingress/src/config.ts';

/** What docker-compose.yml says, with all its profiles, as compose itself understands it. */
interface Service {
  cap_drop?: string[];
  environment?: Record<string, string>;
  healthcheck?: object;
  image: string;
  init?: boolean;
  mem_limit?: string;
  networks?: Record<string, unknown>;
  pids_limit?: number;
  ports?: { host_ip?: string; target: number }[];
  privileged?: boolean;
  read_only?: boolean;
  restart?: string;
  security_opt?: string[];
  stop_grace_period?: string;
  user?: string;
}
const profiles = ['conductor', 'dev', 'observability'].flatMap((name) => ['--profile', name]);
interface Project {
  services: Record<string, Service>;
  networks: Record<string, { ipam?: { config?: { subnet?: string }[] } }>;
}
const { services } = compose({});

function compose(env: Record<string, string>): Project {
  const text = execFileSync('docker', ['compose', ...profiles, 'config', '--format', 'json'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ROSTRUM_VERSION: 'dev', ...env },
  });
  return JSON.parse(text) as Project;
}

const own = Object.entries(services).filter(([, { image }]) => image.startsWith('rostrum/'));
const once = ['keys', 'examples'];

describe('docker-compose.yml', () => {
  it.each(Object.entries(services))(
    '%s: has limits, a restart policy, and nothing open beyond loopback',
    (name, service) => {
      expect(service).toMatchObject({ init: true, mem_limit: expect.any(String) });
      expect(service.privileged).toBeUndefined();
      expect(service.security_opt).toContain('no-new-privileges:true');
      if (!once.includes(name)) {
        expect(service.restart).toBe('unless-stopped');
        expect(service.pids_limit).toBeGreaterThan(0);
      }
      for (const { host_ip: address } of service.ports ?? []) expect(address).toBe('127.0.0.1');
    },
  );

  it.each(own)('%s: can change nothing in its image and has no capabilities', (_name, service) => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    expect(service.user).toBeUndefined();
  });

  it('opens the gateway alone to others, when it is told to', () => {
    const open = Object.values(compose({ ROSTRUM_BIND: '0.0.0.0' }).services)
      .flatMap(({ ports = [] }) => ports)
      .filter(({ host_ip: address }) => address !== '127.0.0.1');
    expect(open.map(({ target }) => target)).toEqual([7080]);
  });

  it('publishes no ops port', () => {
    const published = Object.values(services).flatMap(({ ports = [] }) => ports.map(({ target }) => target));
    expect(published.toSorted((a, b) => a - b)).toEqual([7080, 7081, 8080, 8080, 9090]);
    expect(services.prometheus?.ports).toHaveLength(1);
  });

  it('keeps secrets out of the environment', () => {
    for (const [name, { environment = {} }] of Object.entries(services)) {
      const plain = Object.entries(environment).filter(
        ([variable, value]) => /KEY|SECRET|PASSWORD|TOKEN/.test(variable) && !variable.endsWith('_FILE') && value,
      );
      expect([name, plain]).toEqual([name, []]);
    }
  });

  it('gives services longer to stop than they may take to drain', () => {
    for (const [name, schema] of Object.entries({ ingress, executor })) {
      const { DRAIN_TIMEOUT_MS: drainMs } = schema.shape;
      const grace = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(services[name]?.stop_grace_period ?? '');
      const graceMs = (Number(grace?.[1] ?? 0) * 60 + Number(grace?.[2] ?? 0)) * 1_000;
      expect(graceMs).toBeGreaterThan(drainMs.parse(undefined));
    }
  });

  it('lets only those meet who have to', () => {
    const members = (network: string) =>
      Object.keys(services).filter((name) => Object.keys(services[name]?.networks ?? {}).includes(network));
    expect(members('bus').sort()).toEqual(['cache', 'config', 'executor', 'ingress', 'nats', 'prometheus']);
    expect(members('data').sort()).toEqual(['cache', 'config', 'executor', 'ingress', 'redis']);
    const nearConductor = ['conductor', 'conductor-dev', 'config', 'examples', 'executor', 'worker'];
    expect(members('conductor').sort()).toEqual(nearConductor);
  });
});

describe('config believes X-Forwarded-For of the balancer’s network, ingresses the PROXY protocol', () => {
  it.each([
    ['by default', {}],
    ['wherever that is', { EDGE_SUBNET: '10.1.2.0/24' }],
  ])('%s', (_when, env) => {
    const { services: all, networks } = compose(env);
    expect(all.config?.environment?.TRUSTED_PROXIES).toBe(networks.edge?.ipam?.config?.[0]?.subnet);
    expect(all.config?.environment?.TRUSTED_PROXIES).toMatch(/^10\..*\/24$/);
    expect(all.ingress?.environment?.PROXY_PROTOCOL_FROM).toBe(all.config?.environment?.TRUSTED_PROXIES);
  });
});

describe('deploy/prometheus.yml', () => {
  const promtool = (() => {
    try {
      return execFileSync('promtool', ['--version'], { encoding: 'utf8' });
    } catch {
      return undefined;
    }
  })();
  it.skipIf(promtool === undefined)('is accepted by promtool', () => {
    execFileSync('promtool', ['check', 'config', join(root, 'deploy', 'prometheus.yml')]);
  });
});
