import { errors } from '../core/errors.ts';
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

${toTable(['code', 'status', 'title', 'whose fault', 'Proxy-Status'], Object.entries(errors).map(toEdgeRow))}

## On the admin port

The codes above where they fit, and these.

${toTable(['code', 'status', 'title'], Object.entries(adminErrors).map(toAdminRow))}
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

/** A table of Markdown, its columns padded as the formatter wants them. */
function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map(row => row[at]?.length ?? 0)));
  const line = (cells: readonly string[], filler: string) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0, filler)).join(' | ')} |`;
  const rule = line(
    head.map(() => ''),
    '-',
  );
  return [line(head, ' '), rule, ...rows.map(row => line(row, ' '))].join('\n');
}
