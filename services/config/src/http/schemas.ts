import { compileAhead } from '@rostrum/contract/json-schema';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type ConfigState, type SchemaVersion, valuesOf } from '../domain/records.ts';
import { findSchema } from '../domain/registry.ts';
import { AdminProblem } from '../problems.ts';
import { isObject } from '../write/given-routes.ts';
import { existing, type Target } from '../write/precondition.ts';
import { parseBody } from '../write/validate.ts';
import {
  checkSchemas,
  createSchema,
  deleteLowestVersion,
  deleteSchemaVersion,
  requireSchema,
} from '../write/schemas.ts';
import { about } from './about.ts';
import type { AdminApi } from './api.ts';
import { show, writeObject } from './conditional.ts';
import { pageOf } from './paging.ts';
import { authorOf, optionalQueryOf } from './request.ts';

interface ByName {
  Params: { name: string };
}
interface ByVersion {
  Params: { name: string; version: string };
}

const tag = 'Schemas';

/** The registry of schemas, with the paths that Orkes has. */
export function schemaRoutes(server: FastifyInstance, { config, context, write }: AdminApi): void {
  const { schemaDef } = context.schemas;
  const many = z.array(schemaDef);
  const one = { tag, answer: schemaDef, tagged: true } as const;
  const find = (name: string, version?: number) => (state: ConfigState) => findSchema(state, { name, version });

  const create = async (request: FastifyRequest, reply: FastifyReply) => {
    const another = optionalQueryOf(request, 'newVersion') === 'true';
    const given: unknown[] = Array.isArray(request.body) ? request.body : [request.body];
    await compileAhead(given.map((each) => (isObject(each) ? each['data'] : undefined)));
    const input = parseBody(Array.isArray(request.body) ? many : schemaDef, request.body).orRefuse([]);
    if (!Array.isArray(input)) {
      const target: Target<SchemaVersion> = { before: find(input.name), after: (_state, stored) => stored };
      return writeObject(write, request, reply, target, createSchema(input, another));
    }
    if (request.headers['if-match'] !== undefined) {
      throw new AdminProblem('malformed-request', 'If-Match is about one schema: send them one by one.');
    }
    await write(checkSchemas(input, another), authorOf(request));
    const stored: SchemaVersion[] = [];
    for (const [index, each] of input.entries()) {
      const storing = write(createSchema(each, another, index), authorOf(request));
      stored.push(await storing.catch((error: unknown) => Promise.reject(withStored(error, stored, input.length))));
    }
    return stored;
  };
  server.post(
    '/schema',
    about({
      ...one,
      summary: 'Stores a schema, or several; If-Match is about the latest version',
      body: z.union([schemaDef, many]),
      answer: z.union([schemaDef, many]),
      query: { 'newVersion?': '`true`: a new version, whatever version the body names.' },
    }),
    create,
  );
  server.get(
    '/schema',
    about({ tag, summary: 'Lists all versions of all schemas', answer: many, list: true }),
    async (request, reply) => pageOf(request, reply, valuesOf(config.state.schemas), keyOf),
  );
  server.get<ByName>(
    '/schema/:name',
    about({ ...one, summary: 'Shows the latest version' }),
    async (request, reply) => {
      const stored = requireSchema(config.state, request.params.name);
      return show(reply, stored, stored);
    },
  );
  server.get<ByVersion>(
    '/schema/:name/:version',
    about({ ...one, summary: 'Shows one version' }),
    async (request, reply) => {
      const stored = requireSchema(config.state, request.params.name, versionOf(request.params.version));
      return show(reply, stored, stored);
    },
  );
  server.delete<ByVersion>(
    '/schema/:name/:version',
    about({ tag, summary: 'Deletes one version', tagged: true }),
    async (request, reply) => {
      const { name } = request.params;
      const version = versionOf(request.params.version);
      const target = existing(find(name, version));
      await writeObject(write, request, reply, target, deleteSchemaVersion(name, version));
      return reply.code(200).send();
    },
  );
  server.delete<ByName>(
    '/schema/:name',
    about({ tag, summary: 'Deletes all versions; If-Match is about the latest', tagged: true }),
    async (request, reply) => {
      const { name } = request.params;
      const target = existing<{ more: boolean }>(find(name));
      let { more } = await writeObject(write, request, reply, target, deleteLowestVersion(name));
      while (more) ({ more } = await write(deleteLowestVersion(name), authorOf(request)));
      return reply.code(200).send();
    },
  );
}

/** What kept the next from being stored, which may say that nothing was changed, with what was. */
function withStored(error: unknown, stored: readonly SchemaVersion[], all: number): unknown {
  if (!(error instanceof AdminProblem) || stored.length === 0) return error;
  const names = stored.slice(0, 5).map(({ name, version }) => `${name} in version ${version}`);
  const detail = `Of ${all} schemas ${stored.length} are stored (${names.join(', ')}${stored.length > 5 ? ', …' : ''}). The next: ${error.detail}`;
  return new AdminProblem(error.code, detail, error.extras, error);
}

/** In order of name, then of version. */
function keyOf({ name, version }: SchemaVersion): string {
  return `${name} ${String(version).padStart(16, '0')}`;
}

/** @throws {AdminProblem} malformed-request. */
function versionOf(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new AdminProblem('malformed-request', `A version is a number from 1 on, and ${text} is none.`);
}
