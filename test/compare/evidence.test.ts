import { describe, expect, it } from 'vitest';
import { createEvidence } from '../../gateway/compare/epochs.ts';
import type { Evidence, SignatureView, Trial } from '../../gateway/compare/evidence.ts';
import { createRandom } from '../kit/random.ts';
import { clock, day, hour, mismatch, requestId, settings, start, trial, wrongTotal } from '../kit/trials.ts';

/** Records `count` trials, a second apart. */
function feed(evidence: Evidence, count: number, make: (n: number, at: number) => Trial, from = start): void {
  for (let n = 0; n < count; n += 1) evidence.record(make(n, from + n * 1000), settings);
}

const good = (n: number, at: number): Trial => trial({ fingerprint: `g${n}`, at });

const verdict = (evidence: Evidence, more = {}) => evidence.verdictOf('orders', { ...settings, ...more });

const view = (evidence: Evidence, signature: string): SignatureView => {
  const found = evidence.signaturesOf('orders').find(each => each.signature === signature);
  if (found === undefined) throw new Error(`no signature ${signature}`);
  return found;
};

const reasons = (evidence: Evidence, more = {}): string => verdict(evidence, more).reasons.join('\n');

describe('a verdict', () => {
  it('is pending before the first request', () => {
    expect(verdict(createEvidence())).toMatchObject({
      ...{ route: 'orders', state: 'pending', parts: [], matchRate: undefined },
      reasons: ['no request was seen under these rules yet'],
    });
  });

  it('is ready at the 367th distinct good request, and says before how many are missing and how long that takes', () => {
    const evidence = createEvidence();
    feed(evidence, 366, good);
    expect(verdict(evidence)).toMatchObject({ state: 'pending', parts: [{ n: 366, bad: 0, more: 1 }] });
    expect(reasons(evidence)).toContain('1 more distinct request, about 1 minute at this rate');
    evidence.record(good(366, start + 366_000), settings);
    expect(verdict(evidence)).toMatchObject({
      ...{ state: 'ready', reasons: ['GET ready'], matchRate: 1 },
      parts: [{ method: 'GET', entry: 0, state: 'ready', n: 367, bad: 0, share: 1, more: 0 }],
    });
  });

  it('takes 657 with one that failed', () => {
    const evidence = createEvidence();
    evidence.record(trial({ fingerprint: 'x', outcome: 'service-failed' }), settings);
    feed(evidence, 655, good);
    expect(verdict(evidence)).toMatchObject({ state: 'pending', parts: [{ n: 656, bad: 1, more: 1 }] });
    evidence.record(trial({ fingerprint: 'y', at: start + 656_000 }), settings);
    expect(verdict(evidence).state).toBe('ready');
  });

  it('is not brought about by one poller of one URL, and says what would help', () => {
    const evidence = createEvidence();
    feed(evidence, 10_000, (_, at) => trial({ fingerprint: 'same', at }));
    expect(verdict(evidence)).toMatchObject({ state: 'pending', parts: [{ n: 1, bad: 0, more: 366 }] });
    expect(reasons(evidence)).toMatch(
      /few distinct requests: 1 of 10,000 compared; a looser maxMismatch, a shorter distinctFor or a replay/,
    );
  });

  it('counts a repeated request again once distinctFor is over', () => {
    const evidence = createEvidence();
    evidence.record(trial(), settings);
    evidence.record(trial({ at: start + day - 1 }), settings);
    expect(verdict(evidence).parts[0]?.n).toBe(1);
    evidence.record(trial({ at: start + day }), settings);
    expect(verdict(evidence).parts[0]?.n).toBe(2);
  });

  it('turns a trial bad once when its request fails later, and never good again', () => {
    const evidence = createEvidence();
    evidence.record(trial(), settings);
    for (let n = 0; n < 5; n += 1) evidence.record(trial({ outcome: 'service-failed' }), settings);
    evidence.record(trial(), settings);
    expect(verdict(evidence).parts[0]).toMatchObject({ n: 1, bad: 1 });
    expect(verdict(evidence).counts).toMatchObject({ match: 2, 'service-failed': 5 });
  });

  it('is blocked by a service that fails more often than the bound', () => {
    const evidence = createEvidence();
    feed(evidence, 100, (n, at) =>
      trial({ fingerprint: `g${n}`, at, outcome: n % 10 === 0 ? 'service-failed' : 'match' }),
    );
    expect(verdict(evidence).state).toBe('blocked');
    expect(reasons(evidence)).toContain('10 % of 100 distinct requests surely bad, bound 1 %');
  });

  it('is never ready for a bound of nothing', () => {
    const evidence = createEvidence();
    feed(evidence, 2000, good);
    expect(verdict(evidence, { maxMismatch: 0 })).toMatchObject({
      state: 'pending',
      parts: [{ more: undefined }],
    });
    expect(reasons(evidence, { maxMismatch: 0 })).toContain('no number of requests shows 0 %');
  });

  it('goes by the rules that hold now, not by what was gathered under others', () => {
    const evidence = createEvidence();
    feed(evidence, 400, good);
    expect(verdict(evidence).state).toBe('ready');
    expect(verdict(evidence, { rules: 'rules-2' })).toMatchObject({ state: 'pending', parts: [] });
  });
});

describe('a signature', () => {
  it('that is unknown blocks ready from three distinct requests on, and never alone gives blocked', () => {
    const evidence = createEvidence();
    const odd = (fingerprint: string) => evidence.record(mismatch([wrongTotal], { fingerprint }), settings);
    odd('x1');
    odd('x2');
    odd('x2');
    feed(evidence, 10_000, good);
    expect(verdict(evidence).state).toBe('ready');
    odd('x3');
    expect(verdict(evidence)).toMatchObject({ state: 'pending', parts: [{ bad: 3 }] });
    expect(reasons(evidence)).toContain(`unknown: ${wrongTotal}, 3 distinct requests`);
    for (let n = 0; n < 5000; n += 1) odd(`y${n}`);
    expect(verdict(evidence).state).toBe('pending');
  });

  it('that only the service shows is real at the sixth time that legacy was asked again, and blocks', () => {
    const evidence = createEvidence();
    feed(evidence, 5, (n, at) => mismatch([wrongTotal], { fingerprint: `x${n}`, at, again: [] }));
    expect(verdict(evidence).state).toBe('pending');
    evidence.record(mismatch([wrongTotal], { fingerprint: 'x5', again: [] }), settings);
    expect(view(evidence, wrongTotal)).toMatchObject({
      finding: 'real',
      state: 'open',
      b: 6,
      c: 0,
      distinct: 6,
    });
    expect(verdict(evidence).state).toBe('blocked');
    expect(reasons(evidence)).toContain(`real: ${wrongTotal}, 6 distinct requests`);
  });

  it('that legacy shows against itself is noise from the second time on; its trials turn good', () => {
    const evidence = createEvidence();
    const drift = (n: number, again?: readonly string[]) =>
      evidence.record(mismatch([clock], { fingerprint: `x${n}`, again }), settings);
    expect(drift(0)).toBe('mismatch');
    expect(drift(1, [clock])).toBe('mismatch');
    expect(verdict(evidence)).toMatchObject({ parts: [{ n: 2, bad: 2 }], counts: { mismatch: 2, noise: 0 } });
    expect(drift(2, [clock])).toBe('noise');
    expect(verdict(evidence)).toMatchObject({ parts: [{ n: 3, bad: 0 }], counts: { mismatch: 0, noise: 3 } });
    expect(view(evidence, clock)).toMatchObject({ state: 'noise', finding: 'noise', count: 3, b: 0, c: 0 });
    expect(view(evidence, clock).note).toContain(
      'hides any change from one epoch-ms to another here: in 3 of 3',
    );
  });

  it('turns its trials bad again when it proves real', () => {
    const evidence = createEvidence();
    feed(evidence, 2, (n, at) => mismatch([clock], { fingerprint: `x${n}`, at, again: [clock] }));
    expect(verdict(evidence).parts[0]?.bad).toBe(0);
    feed(evidence, 6, (n, at) => mismatch([clock], { fingerprint: `y${n}`, at, again: [] }));
    expect(verdict(evidence)).toMatchObject({
      state: 'blocked',
      parts: [{ bad: 8 }],
      counts: { mismatch: 8 },
    });
  });

  it('is not weighed by answers of which not all is known: a failure, a lagged one, a cut one', () => {
    const evidence = createEvidence();
    evidence.record(mismatch([wrongTotal]), settings);
    for (const outcome of ['service-failed', 'lagged'] as const)
      evidence.record(trial({ outcome, again: [wrongTotal] }), settings);
    evidence.record(mismatch([wrongTotal], { isCut: true, again: [clock] }), settings);
    expect(view(evidence, wrongTotal)).toMatchObject({ b: 0, c: 0 });
  });

  it('that is noise does not excuse another that stands beside it', () => {
    const evidence = createEvidence();
    feed(evidence, 3, (n, at) => mismatch([clock], { fingerprint: `x${n}`, at, again: [clock] }));
    expect(evidence.record(mismatch([clock, wrongTotal], { fingerprint: 'y' }), settings)).toBe('mismatch');
    // The same request was seen with noise alone before.
    evidence.record(mismatch([wrongTotal], { fingerprint: 'x0' }), settings);
    expect(verdict(evidence).parts[0]).toMatchObject({ n: 4, bad: 2 });
    expect(view(evidence, wrongTotal).distinct).toBe(2);
  });

  it('is never noise where more differs than is listed', () => {
    const evidence = createEvidence();
    feed(evidence, 3, (n, at) => mismatch([clock], { fingerprint: `x${n}`, at, again: [clock] }));
    expect(evidence.record(mismatch([clock], { fingerprint: 'y', isCut: true }), settings)).toBe('mismatch');
    expect(evidence.record(mismatch([], { fingerprint: 'z' }), settings)).toBe('mismatch');
    expect(verdict(evidence).parts[0]?.bad).toBe(2);
  });

  it('that somebody calls a bug of legacy excuses its trials, until somebody opens it again', () => {
    const evidence = createEvidence();
    feed(evidence, 400, good);
    feed(evidence, 8, (n, at) => mismatch([wrongTotal], { fingerprint: `x${n}`, at, again: [] }));
    expect(verdict(evidence).state).toBe('blocked');
    const mark = { by: 'alice', reason: 'legacy rounds down', at: start };
    expect(evidence.markSignature('orders', wrongTotal, { ...mark, state: 'legacy-bug' })).toBe(true);
    expect(verdict(evidence)).toMatchObject({ state: 'ready', counts: { excused: 8, mismatch: 0 } });
    expect(view(evidence, wrongTotal)).toMatchObject({
      state: 'legacy-bug',
      note: 'legacy rounds down (alice)',
    });
    expect(evidence.record(mismatch([wrongTotal], { fingerprint: 'n' }), settings)).toBe('excused');
    evidence.markSignature('orders', wrongTotal, { ...mark, state: 'open' });
    expect(verdict(evidence).state).toBe('blocked');
    expect(evidence.markSignature('orders', '$.none value text:text', { ...mark, state: 'legacy-bug' })).toBe(
      false,
    );
    expect(evidence.markSignature('none', wrongTotal, { ...mark, state: 'legacy-bug' })).toBe(false);
  });

  it('keeps five examples of all, the newest, statuses, first and last sight', () => {
    const evidence = createEvidence();
    feed(evidence, 200, (n, at) =>
      mismatch([wrongTotal], {
        id: `id-${n}`,
        fingerprint: `x${n % 50}`,
        at,
        status: n % 2 === 0 ? 200 : 404,
      }),
    );
    const seen = view(evidence, wrongTotal);
    expect(seen).toMatchObject({
      count: 200,
      distinct: 50,
      statuses: [200, 404],
      path: '$.total',
      kind: 'value',
    });
    expect(seen).toMatchObject({ firstSeen: start, lastSeen: start + 199_000 });
    expect(seen.examples).toHaveLength(6);
    expect(seen.examples).toContain('id-199');
  });

  it('beyond the two thousandth counts as bad, and is not told apart', () => {
    const evidence = createEvidence();
    feed(evidence, 2100, (n, at) => mismatch([`$.f${n} value uuid:uuid`], { fingerprint: `x${n}`, at }));
    expect(evidence.signaturesOf('orders')).toHaveLength(2000);
    expect(verdict(evidence)).toMatchObject({ parts: [{ n: 2100, bad: 2100 }], counts: { mismatch: 2100 } });
  });

  it('takes the room of a version that has ended', () => {
    const evidence = createEvidence();
    const fill = (version: string, from: number) =>
      feed(
        evidence,
        1500,
        (n, at) => mismatch([`$.f${n} value uuid:uuid`], { fingerprint: `x${n}`, at, key: { version } }),
        from,
      );
    fill('v1', start);
    fill('v2', start + hour);
    expect(evidence.signaturesOf('orders')).toHaveLength(1500);
  });
});

it('planted noise does not stand in the way: a timestamp and a request id in every answer', () => {
  const evidence = createEvidence();
  const both = [clock, requestId];
  feed(evidence, 400, (n, at) =>
    mismatch(both, { fingerprint: `x${n}`, at, again: n < 50 ? both : undefined }),
  );
  expect(verdict(evidence)).toMatchObject({
    state: 'ready',
    counts: { noise: 400, mismatch: 0 },
    matchRate: 1,
  });
});

it('noise in part of the answers, whichever side shows it, does not stand in the way', () => {
  const evidence = createEvidence();
  const random = createRandom(7);
  feed(evidence, 3000, (n, at) => {
    const service = random() < 0.3 ? [clock] : [];
    const again = n < 50 || random() < 0.05 ? (random() < 0.3 ? [clock] : []) : undefined;
    const facts = { fingerprint: `x${n}`, at, again };
    return service.length === 0 ? trial(facts) : mismatch(service, facts);
  });
  expect(verdict(evidence).state).toBe('ready');
});

it('a planted regression in one of 400 answers is never called ready, and is blocked once legacy was asked again', () => {
  const strict = { maxMismatch: 0.1 };
  for (let seed = 0; seed < 4; seed += 1) {
    const evidence = createEvidence();
    const random = createRandom(seed);
    for (let n = 0; n < 25_000; n += 1) {
      const facts = { fingerprint: `x${n}`, at: start + n * 1000, again: random() < 0.4 ? [] : undefined };
      evidence.record(random() < 1 / 400 ? mismatch([wrongTotal], facts) : trial(facts), settings);
      if (n % 250 === 249) expect(verdict(evidence, strict).state).not.toBe('ready');
    }
    expect(verdict(evidence, strict).state).toBe('blocked');
  }
});

describe('coverage', () => {
  it('asks for the span, which adds up over versions under the same rules', () => {
    const evidence = createEvidence();
    const version = (name: string, from: number) =>
      feed(evidence, 400, (n, at) => trial({ fingerprint: `${name}${n}`, at, key: { version: name } }), from);
    version('v1', start);
    evidence.record(trial({ fingerprint: 'end', at: start + 10 * hour, key: { version: 'v1' } }), settings);
    expect(reasons(evidence, { span: day })).toContain('evidence of 10h so far, 1d asked for (span)');
    version('v2', start + 20 * hour);
    evidence.record(trial({ fingerprint: 'end', at: start + 33.5 * hour, key: { version: 'v2' } }), settings);
    expect(reasons(evidence, { span: day })).toContain('evidence of 23h 30m so far');
    evidence.record(trial({ fingerprint: 'e2', at: start + 34 * hour, key: { version: 'v2' } }), settings);
    expect(verdict(evidence, { span: day })).toMatchObject({ state: 'ready', parts: [{ n: 402 }] });
  });

  it('keeps the span of versions that were forgotten', () => {
    const evidence = createEvidence();
    for (let n = 0; n < 30; n += 1) {
      const key = { version: `v${n}` };
      evidence.record(trial({ at: start + n * hour, key }), settings);
      evidence.record(trial({ at: start + n * hour + hour / 2, key }), settings);
    }
    feed(
      evidence,
      400,
      (n, at) => trial({ fingerprint: `g${n}`, at, key: { version: 'v29' } }),
      start + 29 * hour,
    );
    expect(verdict(evidence, { span: 15 * hour }).state).toBe('ready');
    expect(verdict(evidence, { span: 15 * hour + 1 }).state).toBe('pending');
  });

  it('counts time once in which two versions answered side by side', () => {
    const evidence = createEvidence();
    const say = (version: string, hours: number) =>
      evidence.record(
        trial({ fingerprint: `${hours}`, at: start + hours * hour, key: { version } }),
        settings,
      );
    say('v1', 0);
    say('v2', 2);
    say('v1', 4);
    say('v2', 5);
    expect(reasons(evidence, { span: day })).toContain('evidence of 5h so far');
  });

  it('says so where nothing was compared at all', () => {
    const evidence = createEvidence();
    feed(evidence, 20, (n, at) => trial({ fingerprint: `s${n}`, at, outcome: 'skipped', skip: 'rate' }));
    expect(verdict(evidence, { maxMismatch: 100 }).state).toBe('pending');
    expect(reasons(evidence)).toContain('no GET request was compared yet; most are skipped: rate');
  });

  it('asks that each status class with 1 % of the answers was compared', () => {
    const evidence = createEvidence();
    feed(evidence, 400, good);
    feed(evidence, 3, (n, at) =>
      trial({ fingerprint: `r${n}`, at, status: 302, outcome: 'skipped', skip: 'sampled-out' }),
    );
    expect(verdict(evidence).state).toBe('ready');
    feed(evidence, 3, (n, at) =>
      trial({ fingerprint: `s${n}`, at, status: 302, outcome: 'skipped', skip: 'sampled-out' }),
    );
    expect(reasons(evidence)).toContain("3xx is 1.5 % of legacy's answers, and none was compared");
    evidence.record(trial({ fingerprint: 'r', status: 302 }), settings);
    expect(verdict(evidence).state).toBe('ready');
  });

  it('leaves what legacy itself failed outside', () => {
    const evidence = createEvidence();
    feed(evidence, 400, good);
    feed(evidence, 50, (n, at) => trial({ fingerprint: `r${n}`, at, status: 500, outcome: 'legacy-failed' }));
    expect(verdict(evidence)).toMatchObject({
      state: 'ready',
      matchRate: 1,
      counts: { 'legacy-failed': 50 },
    });
  });

  it.each([
    ['worker', 'pending'],
    ['store', 'pending'],
    ['overload', 'pending'],
    ['too-large', 'pending'],
    ['undecodable-request', 'pending'],
    ['unauthenticated', 'pending'],
    ['client-aborted', 'pending'],
    ['sampled-out', 'ready'],
    ['rate', 'ready'],
    ['cookie', 'ready'],
    ['would-refuse', 'ready'],
    ['conditional', 'ready'],
  ] as const)('a tenth skipped for %s leaves the verdict %s', (skip, state) => {
    const evidence = createEvidence();
    feed(evidence, 400, good);
    feed(evidence, 45, (n, at) => trial({ fingerprint: `s${n}`, at, outcome: 'skipped', skip }));
    expect(verdict(evidence).state).toBe(state);
    expect(verdict(evidence).skips).toEqual({ [skip]: 45 });
  });

  it('a share of lagged answers above 1 % is a finding', () => {
    const evidence = createEvidence();
    feed(evidence, 396, good);
    feed(evidence, 4, (n, at) => trial({ fingerprint: `l${n}`, at, outcome: 'lagged', signatures: [clock] }));
    expect(verdict(evidence)).toMatchObject({ state: 'ready', parts: [{ bad: 0 }], counts: { lagged: 4 } });
    evidence.record(trial({ fingerprint: 'l4', outcome: 'lagged' }), settings);
    expect(verdict(evidence).state).toBe('pending');
    expect(reasons(evidence)).toContain(
      'lagged: 1.2 % of 401 compared requests agreed only when asked once more',
    );
  });
});

describe('a route of several parts', () => {
  it('is as good as the worst part with 1 % or more of its requests', () => {
    const evidence = createEvidence();
    feed(evidence, 1000, good);
    const other = (n: number, at: number) =>
      trial({ fingerprint: `o${n}`, at, key: { entry: 1 }, outcome: 'service-failed' });
    feed(evidence, 10, other);
    expect(verdict(evidence)).toMatchObject({
      state: 'ready',
      parts: [{ state: 'ready' }, { state: 'blocked' }],
    });
    evidence.record(other(10, start), settings);
    expect(verdict(evidence).state).toBe('blocked');
    expect(reasons(evidence)).toContain('GET, match entry 2 (1.1 %):');
  });

  it('names the methods that are not shadowed, and leaves out those that somebody answers for', () => {
    const evidence = createEvidence();
    feed(evidence, 400, good);
    feed(evidence, 50, (n, at) =>
      trial({ fingerprint: `p${n}`, at, key: { method: 'POST' }, outcome: 'skipped', skip: 'unsafe-method' }),
    );
    expect(verdict(evidence)).toMatchObject({ state: 'pending', unverified: ['POST'] });
    expect(verdict(evidence).reasons[0]).toBe('GET ready; POST unverified');
    expect(reasons(evidence)).toContain('name it with --unverified POST');
    expect(verdict(evidence, { unverified: ['POST'] }).state).toBe('ready');
    expect(verdict(evidence, { unverified: ['PUT'] }).state).toBe('pending');
  });

  it('needs only the reason where nothing is left', () => {
    const evidence = createEvidence();
    feed(evidence, 50, (n, at) =>
      trial({ fingerprint: `p${n}`, at, key: { method: 'POST' }, outcome: 'skipped', skip: 'unsafe-method' }),
    );
    expect(verdict(evidence).state).toBe('pending');
    expect(verdict(evidence, { unverified: ['POST'] }).state).toBe('ready');
  });

  it.each(['upgrade', 'streaming'] as const)('asks for a word on %s from 1 %% on', skip => {
    const evidence = createEvidence();
    feed(evidence, 990, good);
    feed(evidence, 9, (n, at) => trial({ fingerprint: `u${n}`, at, outcome: 'skipped', skip }));
    expect(verdict(evidence)).toMatchObject({ state: 'ready', unverified: [] });
    feed(evidence, 100, (n, at) => trial({ fingerprint: `v${n}`, at, outcome: 'skipped', skip }));
    expect(verdict(evidence)).toMatchObject({ state: 'pending', unverified: [skip] });
    expect(verdict(evidence, { unverified: [skip] }).state).toBe('ready');
  });

  it('does not ask for comparisons where all requests are upgrades that somebody answers for', () => {
    const evidence = createEvidence();
    feed(evidence, 400, good);
    feed(evidence, 400, (n, at) =>
      trial({ fingerprint: `u${n}`, at, key: { entry: 1 }, outcome: 'skipped', skip: 'upgrade' }),
    );
    expect(verdict(evidence).state).toBe('pending');
    expect(verdict(evidence, { unverified: ['upgrade'] }).state).toBe('ready');
  });

  it('does not judge a part by an older version of the service', () => {
    const evidence = createEvidence();
    for (const entry of [0, 1])
      feed(evidence, 400, (n, at) => trial({ fingerprint: `g${n}`, at, key: { entry, version: 'v1' } }));
    expect(verdict(evidence).state).toBe('ready');
    feed(evidence, 400, (n, at) => trial({ fingerprint: `h${n}`, at, key: { version: 'v2' } }), start + hour);
    expect(verdict(evidence)).toMatchObject({
      state: 'pending',
      parts: [{ n: 400 }, { n: 0, state: 'pending' }],
    });
    expect(reasons(evidence)).toContain('nothing of the present version of the service was compared yet');
  });
});

describe('versions of the service', () => {
  it('begin new counters; what does not say its version counts for the one last heard', () => {
    const evidence = createEvidence();
    feed(evidence, 400, (n, at) => trial({ fingerprint: `g${n}`, at, key: { version: 'v1' } }));
    evidence.record(trial({ fingerprint: 'down', at: start, outcome: 'service-failed' }), settings);
    expect(verdict(evidence)).toMatchObject({ parts: [{ n: 401, bad: 1 }] });
    evidence.record(trial({ fingerprint: 'g0', at: start + hour, key: { version: 'v2' } }), settings);
    expect(verdict(evidence)).toMatchObject({ parts: [{ n: 1, bad: 0 }] });
  });

  it('that answer side by side are judged by the later one, until it has been silent for ten minutes', () => {
    const evidence = createEvidence();
    const say = (version: string, minute: number) =>
      evidence.record(
        trial({ fingerprint: `${version}${minute}`, at: start + minute * 60_000, key: { version } }),
        settings,
      );
    for (let minute = 0; minute < 30; minute += 1) say('v1', minute);
    say('v2', 30);
    say('v1', 31);
    expect(verdict(evidence).parts[0]?.n).toBe(1);
    say('v1', 40);
    expect(verdict(evidence).parts[0]?.n).toBe(1);
    const skipped = trial({ at: start + 41 * 60_000, outcome: 'skipped', skip: 'sampled-out' });
    evidence.record(skipped, settings);
    say('v1', 41);
    // What says no version kept nobody alive.
    expect(verdict(evidence).parts[0]?.n).toBe(33);
  });
});

describe('latency', () => {
  it('says the percentiles of both sides, and whether more than 5 % of pairs are slow; it decides nothing', () => {
    const evidence = createEvidence();
    feed(evidence, 400, (n, at) =>
      trial({ fingerprint: `g${n}`, at, ms: { legacy: 10 + (n % 100), service: n % 4 === 0 ? 1000 : 20 } }),
    );
    const [part] = verdict(evidence).parts;
    expect(part).toMatchObject({ state: 'ready', latency: { pairs: 400, slow: 100, state: 'slower' } });
    expect(part?.latency?.legacy.p50).toBeCloseTo(60, -1);
    expect(part?.latency?.service.p50).toBeCloseTo(20, 0);
    expect(Math.abs((part?.latency?.service.p95 ?? 0) - 1000)).toBeLessThan(30);
    expect(reasons(evidence)).toContain('slower: 100 of 400 pairs');
    const fast = createEvidence();
    feed(fast, 400, good);
    expect(verdict(fast).parts[0]?.latency?.state).toBe('fine');
  });

  it('is unknown while a side has never answered', () => {
    const evidence = createEvidence();
    evidence.record(trial({ outcome: 'service-failed', ms: { legacy: 5 } }), settings);
    expect(verdict(evidence).parts[0]?.latency).toBeUndefined();
  });
});
