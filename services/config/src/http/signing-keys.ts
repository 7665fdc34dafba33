import type { FastifyInstance } from 'fastify';
import { rotateSigningKeys } from '../write/signing-keys.ts';
import { z } from 'zod';
import { about } from './about.ts';
import type { AdminApi } from './api.ts';
import { authorOf } from './request.ts';

const answer = z.object({ keys: z.array(z.record(z.string(), z.unknown())) });

export function signingKeyRoutes(server: FastifyInstance, { context, write }: AdminApi): void {
  const rotates = about({ tag: 'Tokens', summary: 'Signs tokens with a new key from now on', answer });
  server.post('/signing-keys/rotate', rotates, async (request) => write(rotateSigningKeys(context), authorOf(request)));
}
