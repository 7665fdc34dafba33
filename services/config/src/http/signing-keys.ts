import type { FastifyInstance } from 'fastify';
import { rotateSigningKeys } from '../write/signing-keys.ts';
import type { AdminApi } from './api.ts';
import { authorOf } from './request.ts';

export function signingKeyRoutes(server: FastifyInstance, { context, write }: AdminApi): void {
  server.post('/signing-keys/rotate', async (request) => write(rotateSigningKeys(context), authorOf(request)));
}
