import type { FastifyInstance } from 'fastify';
import { type MasterKeys, rotateSecrets } from '../write/rotate-secrets.ts';
import { z } from 'zod';
import { about } from './about.ts';
import type { AdminApi } from './api.ts';
import { authorOf } from './request.ts';

const described = about({
  tag: 'Secrets and backups',
  summary: 'Seals every secret with a new key, and drops what older ones open',
  answer: z.object({ dataKey: z.string(), masterKey: z.string(), resealed: z.number() }),
});

export function secretRoutes(server: FastifyInstance, { write }: AdminApi, masterKeys: MasterKeys): void {
  server.post('/secrets/rotate', described, async (request) => rotateSecrets(write, masterKeys, authorOf(request)));
}
