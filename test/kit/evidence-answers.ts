import type { Page, Route } from 'playwright-core';

/**
 * Answers of calls that tell of evidence, in their shapes, with one text put into every field that comes from strangers.
 * A gateway without evidence has nothing to show, so a page that shows some is given this.
 */
export async function answerWithEvidence(page: Page, planted = ''): Promise<void> {
  const json = (body: unknown) => (route: Route) => route.fulfill({ json: body });
  const add = (more: (body: Record<string, unknown>) => Record<string, unknown>) => async (route: Route) => {
    try {
      const answer = await route.fetch();
      if (!answer.ok()) return await route.fulfill({ response: answer });
      const body = (await answer.json()) as Record<string, unknown>;
      return await route.fulfill({ json: { ...body, ...more(body) } });
    } catch {
      // The page was closed while it asked.
    }
  };
  await page.route(
    '**/api/status',
    add(body => ({
      routes: (body.routes as { route: string }[]).map(row => ({ ...row, ...rowOf(row.route) })),
    })),
  );
  await page.route(/\/api\/progress/, json(progress()));
  await page.route(/\/api\/unclaimed/, json(unclaimed(planted)));
  await page.route(
    /\/api\/routes\/[\w-]+$/,
    add(() => view(planted)),
  );
  await page.route(/\/api\/routes\/[\w-]+\/differences$/, json(differences(planted)));
  await page.route(/\/api\/routes\/[\w-]+\/leftovers$/, json(leftovers(planted)));
  await page.route(/\/api\/routes\/[\w-]+\/comparisons/, json(comparisons(planted)));
  await page.route(/\/api\/comparisons\//, json(comparison(planted)));
}

const verdicts: Record<string, object> = {
  'orders-read': { verdict: 'ready', matchRate: 0.99971, compared: 41_230 },
  invoices: { verdict: 'blocked', matchRate: 0.9712, compared: 3_420 },
  catalogue: { verdict: 'pending', matchRate: 1, compared: 812 },
};

const rowOf = (route: string): object => verdicts[route] ?? { verdict: null, matchRate: null, compared: 0 };

const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

function progress() {
  const samples = Array.from({ length: 96 }, (_, at) => {
    const requests = Math.round(4000 + 2500 * Math.sin((at - 30) / 15));
    const migrated = Math.min(4, Math.floor(at / 22));
    const byService = Math.round(requests * (0.08 + 0.11 * migrated + 0.02 * Math.sin(at)));
    return {
      at: ago((96 - at) * 15),
      requests,
      byService,
      unclaimed: Math.round(requests * (0.34 - 0.05 * migrated)),
      routesByStage: { legacy: 4 - migrated, shadow: 2, canary: 1, migrated, done: 0 },
    };
  });
  return { samples, today: { serviceShare: 0.52, routesDone: 1, routes: 7 } };
}

const unclaimed = (planted: string) => ({
  since: ago(2880),
  requests: 18_204,
  share: 0.21,
  missing: 41,
  odd: 2,
  templates: [
    {
      template: `/cart${planted}`,
      methods: { GET: 9120, POST: 1044, [`PUT${planted}`]: 3 },
      requests: 10_164,
      share: 0.117,
      errors: 12,
      p95: 84,
      consumers: 2140,
      lastSeen: ago(0.2),
      setsCookies: 210,
      suggestion: `cart:\n  match:\n    - GET /cart${planted}\n    - POST /cart\n  service: cart\n  stage: legacy\n  data: legacy\n`,
    },
    {
      template: '/checkout/:step',
      methods: { GET: 2210, POST: 1980 },
      requests: 4190,
      share: 0.048,
      errors: 3,
      p95: 211,
      consumers: 640,
      lastSeen: ago(2),
      setsCookies: 0,
      suggestion:
        'checkout:\n  match:\n    - GET /checkout/:step\n    - POST /checkout/:step\n  service: checkout\n  stage: legacy\n  data: legacy\n',
    },
  ],
  silent: [{ template: `/admin/export/:date${planted}`, lastSeen: ago(60 * 24 * 41), days: 41 }],
});

const view = (planted: string) => ({
  verdict: {
    route: 'invoices',
    state: 'blocked',
    reasons: [`$.total of GET /invoices/:id differs in 98 of 3,420 distinct requests${planted}`],
    parts: [
      {
        method: 'GET',
        entry: `GET /invoices/:id${planted}`,
        state: 'blocked',
        n: 3420,
        bad: 98,
        share: 1,
        more: null,
        reasons: [`a real difference is open: $.total${planted}`],
      },
    ],
    unverified: [`POST${planted}`],
    counts: {
      match: 3210,
      excused: 60,
      noise: 52,
      lagged: 0,
      mismatch: 91,
      'service-failed': 7,
      'legacy-failed': 1,
      skipped: 402,
    },
    skips: { 'sampled-out': 400, 'too-large': 2 },
    matchRate: 0.9712,
  },
  tripwire: { state: 'quiet', last: { at: ago(1500), reason: `5.2 % of answers failed${planted}` } },
  next: {
    stage: 'migrated',
    gate: 'ready+no-tripwire',
    isOpen: false,
    reasons: [
      `the verdict is blocked${planted}`,
      '1,240 more distinct requests, about 12 minutes at this rate',
    ],
  },
  latencySides: {
    legacy: { p50: 21, p95: 88, p99: 240 },
    service: { p50: 9, p95: 31, p99: 96 },
    slowShare: 0.004,
  },
});

const difference = (planted: string) => ({
  method: 'GET',
  entry: `GET /invoices/:id${planted}`,
  distinct: 88,
  firstSeen: ago(1440),
  lastSeen: ago(3),
  statuses: [200],
  examples: ['c1'],
  note: '',
});

const differences = (planted: string) => ({
  differences: [
    {
      ...difference(planted),
      signature: `GET $.total${planted} value number number`,
      path: `$.total${planted}`,
      kind: 'value',
      state: 'open',
      finding: 'real',
      count: 98,
      share: 0.0257,
      b: 12,
      c: 0,
      group: 1,
    },
    {
      ...difference(planted),
      signature: 'GET $.lines[*].sum value number number',
      path: '$.lines[*].sum',
      kind: 'value',
      state: 'open',
      finding: 'real',
      count: 96,
      share: 0.0254,
      b: 11,
      c: 0,
      group: 1,
    },
    {
      ...difference(planted),
      signature: 'GET $.printedAt value timestamp timestamp',
      path: '$.printedAt',
      kind: 'value',
      state: 'noise',
      finding: 'noise',
      count: 3300,
      share: 0.96,
      b: 40,
      c: 38,
      group: 2,
      note: `hides every change of $.printedAt${planted}`,
    },
  ],
});

const leftovers = (planted: string) => ({
  route: 'invoices',
  isDead: false,
  since: null,
  quiet: 14 * 86_400_000,
  reasons: [`legacy served 612 requests, the last 3 minutes ago${planted}`],
  legacyServed: { count: 612, lastAt: ago(3) },
  fallbacks: { count: 9, lastAt: ago(64) },
  holds: { count: 1, lastAt: ago(4000) },
  nearMisses: { count: 0, lastAt: null },
});

const row = (planted: string) => ({
  id: 'c1',
  at: ago(3),
  route: 'invoices',
  method: 'GET',
  entry: `GET /invoices/:id${planted}`,
  template: `/invoices/:id${planted}`,
  target: null,
  outcome: 'mismatch',
  skip: null,
  detail: planted === '' ? null : planted,
  statuses: { legacy: 200, service: 200 },
  ms: { legacy: 41.2, service: 12.7 },
  signatures: ['GET $.total value number number'],
  revision: 'build-412',
});

const comparisons = (planted: string) => ({
  comparisons: [
    row(planted),
    {
      ...row(planted),
      id: 'c2',
      outcome: 'service-failed',
      statuses: { legacy: 200, service: null },
      ms: { legacy: 38, service: null },
    },
  ],
  cursor: 'older',
});

const legacyBody = (planted: string) =>
  `{"id":10765432100123456789,"customer":{"name":"Ada Lovelace${planted}","city":"London"},"lines":[{"sku":"FIG-1","sum":12.40},{"sku":"FIG-2","sum":7.00}],"total":19.40,"currency":"EUR","odd key":1,"printedAt":"2026-11-26T05:00:00Z"}`;

const serviceBody = (planted: string) =>
  `{"id":10765432100123456789,"customer":{"name":"Ada Lovelace${planted}","city":"London"},"lines":[{"sku":"FIG-1","sum":12.40},{"sku":"FIG-2","sum":7.01}],"total":19.41,"currency":"EUR","odd key":2,"printedAt":"2026-11-26T05:00:01Z","vat":3.1}`;

const comparison = (planted: string) => ({
  ...row(planted),
  differences: [
    { path: '$.lines[1].sum', kind: 'value', legacy: 7, service: 7.01, signature: 'a' },
    { path: '$.total', kind: 'value', legacy: 19.4, service: 19.41, signature: 'b' },
    { path: "$['odd key']", kind: 'value', legacy: `1${planted}`, service: 2, signature: 'c' },
    { path: '$.vat', kind: 'added', service: 3.1, signature: 'd' },
    {
      path: 'header:etag',
      kind: 'header',
      legacy: `"a"${planted}`,
      service: '"b"',
      signature: 'e',
      rule: `ignore: timing${planted}`,
    },
  ],
  sides: {
    legacy: {
      status: 200,
      ms: 41.2,
      bytes: 244,
      fields: [
        ['content-type', 'application/json'],
        ['etag', `"a"${planted}`],
      ],
      body: legacyBody(planted),
    },
    service: {
      status: 200,
      ms: 12.7,
      bytes: 255,
      fields: [
        ['content-type', 'application/json'],
        ['etag', '"b"'],
        [`x-odd${planted}`, '1'],
      ],
      body: serviceBody(planted),
    },
  },
});
