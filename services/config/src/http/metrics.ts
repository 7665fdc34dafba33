import { routeId } from '@rostrum/shared/revision';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Route, type Service, valuesOf } from '../domain/records.ts';
import { AdminProblem } from '../problems.ts';
import { type Summary, summaryShape } from '../traffic/counts.ts';
import { longestWindowMs, type Window } from '../traffic/resolutions.ts';
import { metricsOf, routeSummaries, summaryIn, type TrafficCounts } from '../traffic/traffic.ts';
import { requireRoute } from '../write/routes.ts';
import { requireService } from '../write/services.ts';
import { about } from './about.ts';
import type { AdminApi } from './api.ts';
import { numberOf, optionalQueryOf, queryOf } from './request.ts';

const dayMs = 86_400_000;

const says = 'Says how services and routes have answered, by service';
const query = {
  'serviceId?': 'Of this service alone, with a time series and its routes.',
  'method?': 'Of this route of the service alone, with its path.',
  'path?': 'Relative to the service’s.',
  'start?': 'ms since 1970; 24 hours before the end unless given.',
  'end?': 'ms since 1970; now unless given. 30 days after the start at most.',
};
const metricsShape = z.record(
  z.string(),
  summaryShape.extend({
    timeSeries: z.array(summaryShape.extend({ time: z.number() })).optional(),
    routes: z.record(z.string(), summaryShape).optional(),
  }),
);

/** How services and routes have answered: keyed by service, with a time series where one service is named. */
export function metricsRoutes(server: FastifyInstance, { config, traffic }: AdminApi): void {
  server.get(
    '/services/metrics',
    about({ tag: 'Metrics', summary: says, query, answer: metricsShape }),
    async (request) => {
      const counts = requireTraffic(traffic);
      const window = windowOf(request);
      const id = optionalQueryOf(request, 'serviceId');
      const services = valuesOf(config.state.services);
      const asked = id === undefined ? undefined : requireService(config.state, id);
      if (!asked) refuseRoute(request);
      const route = asked && routeOf(request, asked);
      try {
        return await (asked ? oneService(counts, asked, route, window) : allServices(counts, services, window));
      } catch (error) {
        throw new AdminProblem('service-unavailable', 'Redis, which keeps the metrics, is away. Try again.', {}, error);
      }
    },
  );
}

async function oneService(counts: TrafficCounts, service: Service, route: Route | undefined, window: Window) {
  const { id } = service;
  const metrics = await metricsOf(counts, id, route ? nameOf(route) : '', window);
  if (!metrics) return {};
  if (route) return { [id]: metrics };
  const summaries = await routeSummaries(counts, service, window);
  const routes = Object.fromEntries([...summaries].map(([each, summary]) => [nameOf(each), summary]));
  return { [id]: { ...metrics, routes } };
}

function nameOf({ httpMethod, path }: Route): string {
  return routeId(httpMethod, path);
}

async function allServices(counts: TrafficCounts, services: readonly Service[], window: Window) {
  const each = await Promise.all(
    services.map(
      async ({ id }): Promise<[string, Summary | undefined]> => [id, await summaryIn(counts, id, '', window)],
    ),
  );
  return Object.fromEntries(each.filter((pair) => pair[1] !== undefined));
}

/** Metrics beside each route of a list; without any where they are not kept, or cannot be had at the moment. */
export async function metricsBeside(
  { traffic }: AdminApi,
  service: Service,
  request: FastifyRequest,
): Promise<ReadonlyMap<Route, Summary>> {
  const window = windowOf(request);
  if (!traffic) return new Map();
  return routeSummaries(traffic, service, window).catch(() => new Map<Route, Summary>());
}

function routeOf(request: FastifyRequest, service: Service): Route | undefined {
  const given = [optionalQueryOf(request, 'method'), optionalQueryOf(request, 'path')];
  if (given.every((each) => each === undefined)) return undefined;
  return requireRoute(service, queryOf(request, 'method'), queryOf(request, 'path'));
}

/** A route is one of a service: without it the answer would be of something else. @throws {AdminProblem} */
function refuseRoute(request: FastifyRequest): void {
  const given = ['method', 'path'].find((name) => optionalQueryOf(request, name) !== undefined);
  if (given === undefined) return;
  throw new AdminProblem(
    'malformed-request',
    `${given} is of a route of one service: add serviceId=…, or leave it out.`,
  );
}

/** The last 24 hours unless the query says otherwise. @throws {AdminProblem} malformed-request. */
export function windowOf(request: FastifyRequest): Window {
  // What is still to come has no metrics.
  const end = Math.min(numberOf(request, 'end', 0) ?? Number.POSITIVE_INFINITY, Date.now());
  const start = numberOf(request, 'start', 0) ?? end - dayMs;
  if (start >= end) throw new AdminProblem('malformed-request', 'start has to be before end, and before now.');
  if (end - start > longestWindowMs) {
    throw new AdminProblem('malformed-request', 'The window is longer than 30 days; ask for less.');
  }
  return { start, end };
}

function requireTraffic(traffic: TrafficCounts | undefined): TrafficCounts {
  if (traffic) return traffic;
  const detail = 'Metrics are not kept here: the config service needs REDIS_URL for them.';
  throw new AdminProblem('service-unavailable', detail);
}
