import { isMask } from '@rostrum/contract/api-keys';
import { digestApiKey } from '@rostrum/shared/digest';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { maskOf } from '../domain/api-keys.ts';
import { parseBody } from '../write/validate.ts';
import { about } from './about.ts';
import type { AdminApi } from './api.ts';

const keys = z.strictObject({ apiKeys: z.array(z.string().min(1).max(512)).max(1_000) });

/**
 * How these API keys would be shown if an auth config had them, so that who knows them can tell whether it has, without
 * writing. It tells nobody more than writing them into an auth config and looking at it would.
 */
export function keyMaskRoutes(server: FastifyInstance, { context: { digestKey } }: AdminApi): void {
  const described = about({
    tag: 'Auth configs',
    summary: 'Says how these API keys are shown, without writing them',
    body: keys,
    answer: z.object({ masks: z.array(z.string()) }),
  });
  server.post('/auth/masks', described, async ({ body }) => {
    const { apiKeys } = parseBody(keys, body).orRefuse([]);
    return { masks: apiKeys.map((key) => (isMask(key) ? key : maskOf(digestApiKey(key, digestKey)))) };
  });
}
