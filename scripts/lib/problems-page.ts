import { catalogue, type Owner, problemCodes } from '@rostrum/shared/problems';
import { runbook } from '@rostrum/shared/runbook';
import { adminCatalogue } from '../../services/config/src/problems.ts';

const owners: Record<Owner, string> = {
  caller: 'the caller',
  route: 'the route’s author',
  gateway: 'the gateway’s operator',
  conductor: 'Conductor’s operator',
};

/** What callers are told, what operators make of it, and what the admin API says. */
export function problemsPage(): string {
  const told = problemCodes.map((code) => {
    const { status, title, owner, help } = catalogue[code];
    const head = `## ${code}\n\n**${status}** ${title}. Whose move it is: ${owners[owner]}.`;
    return `${head}\n\n${help}\n\n*For operators.* ${runbook[code]}\n`;
  });
  const admin = Object.entries(adminCatalogue).map(
    ([code, { status, title, help }]) => `| \`${code}\` | ${status} | ${title}. ${help} |`,
  );
  return `# Problems

What a caller is told when a request does not get its answer: \`application/problem+json\` (RFC 9457) with \`type\` (ending in
the code), \`title\`, \`status\`, \`detail\`, \`instance\`, \`requestId\` (also in the header \`X-Request-Id\` and on every log line
about it), and \`workflowId\` once there is one. \`errors\` lists faults as \`{pointer, detail}\`. This page is generated from
\`catalogue.ts\` and \`runbook.ts\` in \`packages/shared/src/problems\` by \`node scripts/docs.ts\`.

How many of each there are: \`rostrum_ingress_requests_total{outcome="<code>"}\` by service and route, and
\`rostrum_executor_executions_total{outcome="<code>"}\` for those that came from an executor. What one request ran into: the lines
with its \`requestId\` in the logs of ingress and executor; those of executors have \`causes\`, which callers are not told.

${told.join('\n')}
## The admin API

It answers in the same form, with codes of its own.

| code | status | what it means |
| --- | --- | --- |
${admin.join('\n')}
`;
}
