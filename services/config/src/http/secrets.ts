import type { FastifyInstance } from 'fastify';
import { type MasterKeys, rotateSecrets } from '../write/rotate-secrets.ts';
import type { AdminApi } from './api.ts';
import { authorOf } from './request.ts';

export function secretRoutes(server: FastifyInstance, { write }: AdminApi, masterKeys: MasterKeys): void {
  server.post('/secrets/rotate', async (request) => rotateSecrets(write, masterKeys, authorOf(request)));
}
