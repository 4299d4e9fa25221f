import { outcomes } from '../core/outcome.ts';
import { stages } from '../core/vocabulary.ts';
import { comparisonOf, comparisonsOf } from './comparisons.ts';
import { createAttempts } from './dashboard/attempts.ts';
import { pagePolicy, toPage } from './dashboard/page.ts';
import { logIn, logOut, type SessionView, toSessionView } from './dashboard/session-calls.ts';
import type { AdminDeps } from './deps.ts';
import { differencesOf, markDifference } from './differences.ts';
import { type Endpoint, get, post } from './endpoint.ts';
import { createEventStream } from './event-stream.ts';
import { explainFields, toExplainQuery } from './explaining.ts';
import {
  duration,
  flag,
  oneOf,
  percent,
  percentText,
  ramp,
  reason,
  required,
  text,
  texts,
  wholeText,
} from './fields.ts';
import { gateOf } from './gate-view.ts';
import { holdAll, holdRoute, releaseAll, releaseRoute } from './holding.ts';
import { leftoversOf } from './leftovers.ts';
import { observedRows } from './observed.ts';
import { toOpenApi } from './openapi.ts';
import { previewBody, previewFields, previewOf } from './previewing.ts';
import { answerLive, answerReady } from './probes.ts';
import { progressOf } from './progress.ts';
import { streamRecording } from './record-stream.ts';
import { routeOf } from './route-of.ts';
import { viewOf } from './route-view.ts';
import { createStageMoves } from './stage-moves.ts';
import { isoOf, rowsOf, statusOf } from './status.ts';
import { unclaimedOf } from './unclaimed.ts';

const unverified = texts('a method, `upgrade` or `streaming`');
const holdBody = { reason, for: duration };
const sessionBody = { token: required(text('a token', 512)) };
const releaseBody = { reason, ramp, every: duration };
const stageBody = {
  stage: required(oneOf(stages)),
  percent,
  reason,
  unverified,
  force: flag,
  dataAck: flag,
};

/** Everything that the admin port answers. What a call needs of the gateway comes with the call. */
export function createEndpoints({ events, clock }: Pick<AdminDeps, 'events' | 'clock'>): readonly Endpoint[] {
  const stream = createEventStream(events, clock);
  const moves = createStageMoves();
  const attempts = createAttempts(clock);

  const probes: readonly Endpoint[] = [
    get(['/livez', 'open', 'Whether the process answers.'], ({ res }) => answerLive(res), {
      mediaType: 'text/plain',
    }),
    get(
      ['/readyz', 'open', 'Whether it wants traffic: 503 with the reason while it drains.'],
      ({ deps, res }) => answerReady(res, deps),
      { mediaType: 'text/plain' },
    ),
    get(
      ['/metrics', 'open', 'The metrics, in the text format of Prometheus.'],
      async ({ deps, res }) => {
        const body = await deps.metrics.metrics();
        res.setHeader('content-type', deps.metrics.contentType);
        res.end(body);
      },
      { mediaType: 'text/plain' },
    ),
  ];

  const reading: readonly Endpoint[] = [
    get(
      ['/', 'page', 'The dashboard. It holds no data until somebody has said who they are.'],
      ({ deps, res, visitor }) => {
        res.setHeader('content-type', 'text/html; charset=utf-8');
        res.setHeader('content-security-policy', pagePolicy);
        res.end(toPage(visitor === undefined ? undefined : statusOf(deps)));
      },
      { mediaType: 'text/html' },
    ),
    get(['/openapi.json', 'viewer', 'This description.'], () => toOpenApi(endpoints)),
    get(['/api/status', 'viewer', 'What runs, how far it has come, what needs attention.'], ({ deps }) =>
      statusOf(deps),
    ),
    get(['/api/routes', 'viewer', 'The table of routes.'], ({ deps }) => ({ routes: rowsOf(deps) })),
    get(['/api/routes/:id', 'viewer', 'One route, or `unclaimed`.'], ({ deps, id }) =>
      viewOf(deps, routeOf(deps, id)),
    ),
    get(['/api/routes/:id/leftovers', 'viewer', 'What legacy still did for the route.'], ({ deps, id }) =>
      leftoversOf(deps, routeOf(deps, id)),
    ),
    get(
      ['/api/routes/:id/gate', 'viewer', 'What the gate in front of a move says, without moving.'],
      ({ deps, id, query }) => gateOf(deps, id, query),
      { query: { stage: required(oneOf(stages)), percent: percentText, unverified } },
    ),
    get(['/api/routes/:id/differences', 'viewer', 'What differs, by signature.'], call => ({
      differences: differencesOf(call, call.id),
    })),
    get(
      [
        '/api/observed',
        'viewer',
        'What observing guards would refuse, held against what upstreams answered.',
      ],
      ({ deps }) => ({ observed: observedRows(deps) }),
    ),
    get(
      ['/api/explain', 'viewer', 'Which route a request would take, and why.'],
      ({ deps, query }) => deps.explain(toExplainQuery(query)),
      { query: explainFields },
    ),
    get(
      ['/api/moves', 'viewer', 'Changes of stage and percent, newest first.'],
      async ({ deps, query: { limit = 100 } }) => ({
        moves: (await deps.store.moves(limit)).map(move => ({ ...move, at: isoOf(move.at) })),
      }),
      { query: { limit: wholeText(1, 10_000) } },
    ),
    get(
      [
        '/api/routes/:id/comparisons',
        'viewer',
        'Kept comparisons of a route, newest first, a page at a time.',
      ],
      call => comparisonsOf(call, call.id, call.query),
      {
        query: {
          outcome: oneOf(outcomes),
          signature: text('a signature', 4096),
          cursor: text('what an earlier page gave', 200),
          limit: wholeText(1, 200),
        },
      },
    ),
    get(
      ['/api/comparisons/:id', 'viewer', 'One kept comparison: both answers and their differences.'],
      call => comparisonOf(call, call.id),
    ),
    get(
      ['/api/unclaimed', 'viewer', 'What no route claims, in templates, and what of it has fallen silent.'],
      ({ deps, query: { limit = 500, silent = 30 * 86_400_000 } }) => unclaimedOf(deps, { limit, silent }),
      { query: { limit: wholeText(1, 5000), silent: duration } },
    ),
    get(
      ['/api/progress', 'viewer', 'How much of the traffic and of the routes is migrated, over time.'],
      ({ deps, query }) => progressOf(deps, query),
      { query: { from: text('a time', 40), to: text('a time', 40) } },
    ),
    get(['/api/events', 'viewer', 'What happens, as server-sent events.'], ({ res }) => stream.open(res), {
      mediaType: 'text/event-stream',
    }),
    get(
      ['/api/record', 'operator', 'Exchanges as they pass by, redacted, as lines of JSON.'],
      call => streamRecording(call),
      { query: { route: text('a route', 200), for: duration }, mediaType: 'application/x-ndjson' },
    ),
  ];

  const changing: readonly Endpoint[] = [
    post(['/api/reload', 'admin', 'Reads the file again.'], {}, ({ deps }) => deps.reload()),
    post(
      [
        '/api/preview',
        'operator',
        'What a changed routes file would do to the requests of the last hour. Changes nothing.',
      ],
      previewFields,
      ({ deps, body }) => previewOf(deps, body),
      { maxBody: previewBody },
    ),
    post(['/api/hold', 'admin', 'Sends every route to legacy that is not done.'], holdBody, call =>
      holdAll(call),
    ),
    post(['/api/release', 'admin', 'Releases every route that is held.'], releaseBody, call =>
      releaseAll(call),
    ),
    post(['/api/routes/:id/hold', 'operator', 'Sends the route to legacy.'], holdBody, call =>
      holdRoute(call, call.id),
    ),
    post(['/api/routes/:id/release', 'operator', 'Ends the hold, at once or in steps.'], releaseBody, call =>
      releaseRoute(call, call.id),
    ),
    post(['/api/routes/:id/stage', 'operator', 'Moves the route by an edit of the file.'], stageBody, call =>
      moves.moveRoute(call, call.id),
    ),
    post(
      [
        '/api/routes/:id/differences',
        'operator',
        'Says that a difference is a bug of legacy, or open again.',
      ],
      {
        signature: required(text('a signature')),
        state: required(oneOf(['legacy-bug', 'open'])),
        reason,
      },
      call => markDifference(call, call.id),
    ),
    post(
      ['/api/cohorts/:id/stage', 'operator', 'Moves all routes of the cohort by one edit of the file.'],
      stageBody,
      call => moves.moveCohort(call, call.id),
    ),
  ];

  const session: readonly Endpoint[] = [
    get(
      ['/api/session', 'viewer', 'Who asks, and what they may do.'],
      ({ caller, deps }): SessionView =>
        toSessionView(caller, { hasTokens: deps.settings().tokens.length > 0 }),
    ),
    post(
      ['/api/session', 'page', 'Exchanges a token for a cookie, for the page.'],
      sessionBody,
      ({ body, ...call }) => logIn(call, body.token ?? '', attempts),
    ),
    post(['/api/session/end', 'viewer', 'Ends the session of the cookie.'], {}, call => logOut(call)),
  ];

  const endpoints: readonly Endpoint[] = [...probes, ...reading, ...changing, ...session];
  return endpoints;
}
