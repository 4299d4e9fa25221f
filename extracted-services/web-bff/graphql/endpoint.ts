import type { Answer, Call, Endpoint } from '../../chassis/endpoint.ts';
import type { Log } from '../../chassis/log.ts';
import { OutgoingFailure } from '../../chassis/outgoing-failure.ts';
import { type Peers, toPeerProblem } from '../../chassis/peers.ts';
import { Problem } from '../../chassis/problem.ts';
import { readFields } from '../../chassis/validate.ts';
import { createReader, type PeerName } from '../reader.ts';
import type { Engine, Told } from './engine.ts';
import { createRoot } from './root.ts';

const maxQuery = 10_000;

/**
 * `POST /v1/graphql` with `{ query, variables?, operationName? }`; a list of them is refused. 200 if it was run, errors of
 * fields beside the data; 400 if it cannot be. What a token may see is decided field by field.
 */
export const createGraphqlEndpoint = (peers: Peers<PeerName>, engine: Engine, log: Log): Endpoint => ({
  method: 'POST',
  path: '/v1/graphql',
  access: { caller: 'any' },
  async handle(call): Promise<Answer> {
    const tell = (error: unknown): Told => tellOf(error, call, log);
    const root = createRoot(createReader(peers, call));
    const { isRun, body } = await engine.run({ ...readQuestion(call.json()), root, tell });
    const accepts = call.headers.accept?.includes('application/graphql-response+json');
    const type = accepts ? 'application/graphql-response+json' : 'application/json';
    const headers = { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' };
    return { status: isRun ? 200 : 400, headers, body };
  },
});

const readQuestion = (body: unknown) =>
  readFields(body, 'bad-query', fields => {
    const variables = fields.has('variables') ? (body as { variables: unknown }).variables : {};
    if (typeof variables !== 'object' || variables === null || Array.isArray(variables)) {
      fields.refuse('variables', 'expected an object');
    }
    return {
      query: fields.text('query', { max: maxQuery }),
      variables: variables as Readonly<Record<string, unknown>>,
      operationName: fields.has('operationName') ? fields.text('operationName') : undefined,
    };
  });

/** A problem is meant for clients; whatever else happened stays in the log. */
function tellOf(error: unknown, { trace }: Call, log: Log): Told {
  const known = error instanceof OutgoingFailure ? toPeerProblem(error) : error;
  if (known instanceof Problem) return { code: known.code, message: known.message };
  log('error', String(error), { trace, ...(error instanceof Error && { stack: error.stack }) });
  return { code: 'internal', message: 'see the log' };
}
