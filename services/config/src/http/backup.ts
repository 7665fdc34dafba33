import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { backupLines, readBackup } from '../backup/format.ts';
import { restore } from '../backup/restore.ts';
import type { MasterKeys } from '../write/rotate-secrets.ts';
import { z } from 'zod';
import { about } from './about.ts';
import type { AdminApi } from './api.ts';
import { AdminProblem } from '../problems.ts';
import { authorOf, optionalQueryOf } from './request.ts';

export interface BackupApi {
  namespace: string;
  masterKeys: MasterKeys;
  /** Largest backup that is read (bytes). */
  limitBytes: number;
}

const tag = 'Secrets and backups';
const takes = { tag, summary: 'The whole configuration as a file', answer: z.string(), type: 'application/x-ndjson' };
const restores = {
  tag,
  summary: 'Restores a backup into an empty installation; the body is the file',
  query: { 'replace?': '`true`: also into one that is not empty, whose configuration is then gone.' },
  answer: z.record(z.string(), z.unknown()),
};

export function backupRoutes(server: FastifyInstance, { config, context, write }: AdminApi, options: BackupApi): void {
  const { digestKey } = context;
  const { namespace, masterKeys, limitBytes } = options;
  let restoring = false;
  server.get('/backup', about(takes), async (_request, reply) => {
    await config.catchUp();
    const time = Date.now();
    const name = `${namespace}-${new Date(time).toISOString().replaceAll(/[:.]/g, '-')}.backup`;
    reply.type('application/x-ndjson').header('content-disposition', `attachment; filename="${name}"`);
    return reply.send(Readable.from(backupLines(config.state, { namespace, digestKey, time })));
  });
  void server.register(async (scope) => {
    // As a stream: it may be far larger than any other body.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { bodyLimit: limitBytes }, (_request, stream, done) => done(null, stream));
    scope.post('/restore', { bodyLimit: limitBytes, ...about(restores) }, async (request) => {
      const body = (request.body as IncomingMessage | undefined) ?? Readable.from([]);
      const backup = await readBackup(body, digestKey, limitBytes);
      const replace = optionalQueryOf(request, 'replace') === 'true';
      // Two would take away what the other puts back; whoever has given up waiting for one sends it again too soon.
      if (restoring) throw new AdminProblem('in-use', 'A restore is running; send this again when it has ended.');
      restoring = true;
      try {
        return await restore(write, backup, { masterKeys, replace }, authorOf(request));
      } finally {
        restoring = false;
      }
    });
  });
}
