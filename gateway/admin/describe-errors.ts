import { errors } from '../core/errors.ts';
import { toMarkdownTable } from '../core/markdown.ts';
import { type ProblemRow, problemType } from '../core/problem-json.ts';
import { adminErrors } from './problems.ts';

const faults = {
  client: 'the client',
  policy: 'nobody: the config asks for it',
  upstream: 'the upstream',
  gateway: 'the gateway',
} as const;

/** The text of `docs/errors.md`, from the tables that the code answers from. */
export function describeErrors(): string {
  return `# Errors

Made from \`gateway/core/errors.ts\` and \`gateway/admin/problems.ts\` by \`npm run generate\`; edit those.

An error that the gateway makes is \`application/problem+json\` (RFC 9457), with \`type\`, \`title\`, \`status\`, \`detail\`,
\`instance\` (the request id) and \`code\`; a client that prefers HTML gets a plain page. The code is the same in the
access record (\`refusal\`), in \`figway_refusals_total\` and here. Where an upstream failed, the answer carries
\`Proxy-Status: figway; error=…\` (RFC 9209).

## At the edge

${toMarkdownTable(['code', 'status', 'title', 'whose fault', 'Proxy-Status'], Object.entries(errors).map(toEdgeRow))}

## On the admin port

The codes above where they fit, and these.

${toMarkdownTable(['code', 'status', 'title'], Object.entries(adminErrors).map(toAdminRow))}
`;
}

const toEdgeRow = ([code, row]: [string, (typeof errors)[keyof typeof errors]]): string[] => [
  `[\`${code}\`](${problemType(code)})`,
  String(row.status),
  row.title,
  faults[row.fault],
  'proxyStatus' in row ? `\`${row.proxyStatus}\`` : '',
];

const toAdminRow = ([code, { status, title }]: [string, ProblemRow]): string[] => [
  `\`${code}\``,
  String(status),
  title,
];
