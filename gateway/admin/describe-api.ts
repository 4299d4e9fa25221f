import { toMarkdownTable } from '../core/markdown.ts';
import type { Endpoint } from './endpoint.ts';
import type { Fields } from './fields.ts';

/** The text of `docs/admin-api.md`, from the table that the app serves and `/openapi.json` describes. */
export function describeApi(endpoints: readonly Endpoint[]): string {
  return `# Admin API

Made from \`gateway/admin/endpoints.ts\` by \`npm run generate\`; edit that. \`GET /openapi.json\` says the same to machines.

It has a port of its own, \`admin.listen\`, by default \`127.0.0.1:8081\`. Bodies and answers are JSON, errors \`application/problem+json\`
with the codes of [errors.md](errors.md). A body has at most 16 KiB, that of \`/api/preview\` 8 MiB; an unknown field is refused like a wrong value.

- **Without \`admin.tokens\`** the port answers callers on this machine only, never through a proxy, and lets them do everything.
- **With them** every call but the open ones needs \`Authorization: Bearer TOKEN\`. \`viewer\` reads; \`operator\` also moves, holds and
  releases the routes of its token; \`admin\` may do everything.
- Instead of a token a browser may show the cookie that \`POST /api/session\` gives for one; then a changing call needs \`Origin\` or
  \`Sec-Fetch-Site\`.
- The \`Host\` of a call must be an address, a loopback name or one of \`admin.hosts\`; open calls are exempt.
- A changing call with a foreign \`Origin\` or \`Sec-Fetch-Site\` is refused, whatever its token.

## Calls

${toMarkdownTable(['call', 'needs', 'does'], endpoints.map(toRow))}

Where the answer is not JSON: ${endpoints.filter(isOther).map(toMediaType).join(', ')}.

## Fields

${endpoints.filter(hasFields).map(toSection).join('\n\n')}
`;
}

const toCall = ({ method, path }: Endpoint): string => `\`${method.toUpperCase()} ${path}\``;

const toRow = (endpoint: Endpoint): string[] => [
  toCall(endpoint),
  endpoint.access === 'open' ? 'nothing' : endpoint.access === 'page' ? 'no token' : endpoint.access,
  endpoint.summary,
];

const isOther = ({ mediaType }: Endpoint): boolean => mediaType !== 'application/json';

const toMediaType = (endpoint: Endpoint): string => `${toCall(endpoint)} (\`${endpoint.mediaType}\`)`;

const fieldsOf = ({ query, body }: Endpoint): Fields => ({ ...query, ...body });

const hasFields = (endpoint: Endpoint): boolean => Object.keys(fieldsOf(endpoint)).length > 0;

const toSection = (endpoint: Endpoint): string =>
  `${toCall(endpoint)}, ${endpoint.body === undefined ? 'in the query' : 'in the body'}:

${toMarkdownTable(['field', 'is', ''], Object.entries(fieldsOf(endpoint)).map(toFieldRow))}`;

const toFieldRow = ([name, { expected, isRequired }]: [string, Fields[string]]): string[] => [
  `\`${name}\``,
  expected,
  isRequired ? 'mandatory' : '',
];
