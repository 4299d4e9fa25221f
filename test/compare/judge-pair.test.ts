import { expect, it } from 'vitest';
import { type Heard, judgePair } from '../../gateway/compare/heard.ts';
import { createByteBudget } from '../../gateway/compare/sampling.ts';
import { BoundedBody } from '../../gateway/proxy/bounded-body.ts';

const answered = (status: number): Heard => ({
  ...{ kind: 'answered', status, fields: [], origin: '', ms: 1 },
  body: new BoundedBody(1, createByteBudget(1)),
});
const failed: Heard = { kind: 'failed', detail: 'refused' };
const streaming: Heard = { kind: 'unfit', reason: 'streaming' };

it.each<[string, Heard, Heard, string]>([
  ['two answers', answered(200), answered(404), 'comparable'],
  ['both 304', answered(304), answered(304), 'comparable'],
  ['legacy alone 304', answered(304), answered(200), 'skipped conditional'],
  ['the service alone 206', answered(200), answered(206), 'skipped conditional'],
  ['the service fails', answered(200), failed, 'service-failed refused'],
  ['the service at 500', answered(404), answered(500), 'service-failed status 500'],
  ['both at 500', answered(500), answered(500), 'legacy-failed status 500'],
  ['legacy fails', failed, answered(200), 'legacy-failed refused'],
  ['both fail', failed, failed, 'legacy-failed refused'],
  ['legacy streams', streaming, answered(200), 'skipped streaming'],
  ['the service streams', answered(200), streaming, 'skipped streaming'],
  ['legacy at 503 while the service streams', answered(503), streaming, 'legacy-failed status 503'],
  ['legacy streams while the service fails', streaming, failed, 'skipped streaming'],
])('%s', (_, legacy, service, expected) => {
  const found = judgePair(legacy, service);
  const said =
    found.kind === 'comparable' ? found.kind : [found.outcome, found.skip ?? found.detail].join(' ');
  expect(said).toBe(expected);
});
