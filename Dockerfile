# One image for each service, and `tools` for what runs once. Build one with: docker build --target ingress .
# TypeScript runs as it is: there is nothing to compile, and a change of source costs the last layers only.

ARG NODE_IMAGE=node:24-bookworm-slim

# The package.json files alone: layers with dependencies change only when these or the lockfile do.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /source
COPY . .
RUN mkdir /manifests && cp --parents $(find . -name package.json) pnpm-lock.yaml pnpm-workspace.yaml .npmrc /manifests/

FROM ${NODE_IMAGE} AS installer
RUN --mount=type=cache,target=/root/.npm npm install --global --no-audit --no-fund pnpm@12.21.0
WORKDIR /app
COPY --from=manifests /manifests ./
ENV CI=true

FROM installer AS ingress-dependencies
RUN --mount=type=cache,target=/pnpm pnpm install --store-dir /pnpm --package-import-method copy --prod --frozen-lockfile --filter-prod @rostrum/ingress...

FROM installer AS config-dependencies
RUN --mount=type=cache,target=/pnpm pnpm install --store-dir /pnpm --package-import-method copy --prod --frozen-lockfile --filter-prod @rostrum/config...

FROM installer AS executor-dependencies
RUN --mount=type=cache,target=/pnpm pnpm install --store-dir /pnpm --package-import-method copy --prod --frozen-lockfile --filter-prod @rostrum/executor...

FROM installer AS cache-dependencies
RUN --mount=type=cache,target=/pnpm pnpm install --store-dir /pnpm --package-import-method copy --prod --frozen-lockfile --filter-prod @rostrum/cache...

FROM installer AS conductor-dev-dependencies
RUN --mount=type=cache,target=/pnpm pnpm install --store-dir /pnpm --package-import-method copy --prod --frozen-lockfile --filter-prod @rostrum/conductor-dev...

FROM installer AS tools-dependencies
RUN --mount=type=cache,target=/pnpm pnpm install --store-dir /pnpm --package-import-method copy --prod --frozen-lockfile --filter-prod @rostrum/stack... --filter-prod @rostrum/examples...

# The command line in one file: what it is made of stays here.
FROM installer AS cli
RUN --mount=type=cache,target=/pnpm pnpm install --store-dir /pnpm --package-import-method copy --frozen-lockfile --filter @rostrum/cli...
COPY packages/shared/src packages/shared/src
COPY packages/contract/src packages/contract/src
COPY packages/cli packages/cli
COPY schemas schemas
RUN node packages/cli/build.mjs

# What all images have: no shell is needed in them, nothing is written to their file system, and nobody is root.
FROM ${NODE_IMAGE} AS runtime
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.vendor="Rostrum" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production OPS_HOST=0.0.0.0 OPS_PORT=9090
WORKDIR /app
USER node

FROM runtime AS service
EXPOSE 9090
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["node", "packages/service/src/health.ts"]

FROM service AS ingress
LABEL org.opencontainers.image.title="rostrum-ingress"
ENV INGRESS_HOST=0.0.0.0 INGRESS_PORT=7080
EXPOSE 7080
COPY --from=ingress-dependencies /app ./
COPY packages/shared/src packages/shared/src
COPY packages/service/src packages/service/src
COPY packages/redis/src packages/redis/src
COPY packages/tracing/src packages/tracing/src
COPY services/ingress/src services/ingress/src
CMD ["node", "services/ingress/src/main.ts"]

FROM service AS config
LABEL org.opencontainers.image.title="rostrum-config"
ENV CONFIG_HOST=0.0.0.0 CONFIG_PORT=7081
EXPOSE 7081
COPY --from=config-dependencies /app ./
COPY packages/shared/src packages/shared/src
COPY packages/service/src packages/service/src
COPY packages/redis/src packages/redis/src
COPY packages/contract/src packages/contract/src
COPY packages/sandbox/src packages/sandbox/src
COPY services/config/src services/config/src
CMD ["node", "services/config/src/main.ts"]

FROM service AS executor
LABEL org.opencontainers.image.title="rostrum-executor"
COPY --from=executor-dependencies /app ./
COPY packages/shared/src packages/shared/src
COPY packages/service/src packages/service/src
COPY packages/redis/src packages/redis/src
COPY packages/sandbox/src packages/sandbox/src
COPY packages/tracing/src packages/tracing/src
COPY services/executor/src services/executor/src
CMD ["node", "services/executor/src/main.ts"]

FROM service AS cache
LABEL org.opencontainers.image.title="rostrum-cache"
COPY --from=cache-dependencies /app ./
COPY packages/shared/src packages/shared/src
COPY packages/service/src packages/service/src
COPY services/cache/src services/cache/src
CMD ["node", "services/cache/src/main.ts"]

FROM service AS conductor-dev
LABEL org.opencontainers.image.title="rostrum-conductor-dev"
ENV CONDUCTOR_DEV_HOST=0.0.0.0 CONDUCTOR_DEV_PORT=8080
EXPOSE 8080
COPY --from=conductor-dev-dependencies /app ./
COPY packages/shared/src packages/shared/src
COPY packages/service/src packages/service/src
COPY packages/sandbox/src packages/sandbox/src
COPY services/conductor-dev/src services/conductor-dev/src
CMD ["node", "services/conductor-dev/src/main.ts"]

# The secrets of an installation, the examples and their worker, and the command line: `rostrum`.
FROM runtime AS tools
LABEL org.opencontainers.image.title="rostrum-tools"
COPY --from=tools-dependencies /app ./
COPY packages/shared/src packages/shared/src
COPY packages/service/src packages/service/src
COPY packages/stack/src packages/stack/src
COPY --from=cli /app/packages/cli/dist packages/cli/dist
COPY examples examples
# New volumes take the owner of the folder they are mounted on.
USER root
RUN ln -s /app/packages/cli/dist/rostrum.mjs /usr/local/bin/rostrum
RUN for each in state nats redis ingress config executor cache examples; do mkdir -p /volumes/$each; done && chown -R node /volumes
USER node
CMD ["node", "packages/stack/src/provision.ts"]

# A balancer over the replicas of ingress and config, found by name and asked for their health.
FROM debian:bookworm-slim AS balancer
LABEL org.opencontainers.image.title="rostrum-balancer"
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends haproxy && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY deploy/balancer.cfg /etc/haproxy/haproxy.cfg
USER haproxy
STOPSIGNAL SIGUSR1
CMD ["haproxy", "-W", "-db", "-f", "/etc/haproxy/haproxy.cfg"]
