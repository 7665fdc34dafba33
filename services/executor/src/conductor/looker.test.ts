import { expect, test, vi } from 'vitest';
import { type Conductor, ConductorError, CorrelationUnproven } from '../domain/conductor.ts';
import { createLooker } from './looker.ts';
import type { Known, Proof } from './proof.ts';

/** Asks a server with these workflows, by correlation id; `known`: what other processes have found there. */
function looker(find: (name: string, correlationId: string) => Promise<string | undefined>, known?: Known) {
  const written: Known[] = [];
  const proof: Proof = { read: async () => known, write: async (value) => void written.push(value) };
  return { written, ...createLooker({ find } as unknown as Conductor, 100, proof) };
}
const server = (index: Record<string, string>) => async (_name: string, correlationId: string) => index[correlationId];
const known = { workflow: 'w', correlationId: 'known' };

test('an empty answer of a server that has never found anything proves nothing', async () => {
  await expect(looker(server({})).find('w', 'c')).rejects.toThrow(CorrelationUnproven);
});

test('one that finds what another process has found there can be believed', async () => {
  expect(await looker(server({ known: 'id' }), known).find('w', 'c')).toBeUndefined();
});

test('one that does not find it cannot: it is another server, or has lost its index', async () => {
  await expect(looker(server({}), known).find('w', 'c')).rejects.toThrow(CorrelationUnproven);
});

test('what was found first is left for other processes, once', async () => {
  const { written, prove } = looker(server({ c: 'id', d: 'id2' }));
  prove('w', 'c');
  await vi.waitFor(() => expect(written).toEqual([{ workflow: 'w', correlationId: 'c' }]));
  prove('w', 'd');
  expect(written).toHaveLength(1);
});

test('a server that is away says nothing about what it can', async () => {
  const away = new ConductorError('unreachable', 'no');
  await expect(looker(() => Promise.reject(away), known).find('w', 'c')).rejects.toThrow(away);
});
