import { expect, it } from 'vitest';
import { authRuleOf } from '../../../gateway/edge/auth/rule.ts';
import type { GuardFacts } from '../../../gateway/edge/guard.ts';
import { edge as edgeSchema } from '../../../gateway/edge/schema.ts';

type Route = NonNullable<GuardFacts['route']>;

const factsOf = (
  route: Route | undefined,
  stage: GuardFacts['stage'],
  edge: object = {},
  auth: GuardFacts['auth'] = {},
): GuardFacts => ({ name: 'r', route, stage, auth, edge: edgeSchema.parse(edge) });

const told = (facts: GuardFacts): string => {
  const rule = authRuleOf(facts);
  if (rule === undefined) return 'nothing';
  const { mode, isRequired, scopes, roles } = rule;
  return [mode, isRequired ? 'required' : 'open', ...scopes, ...roles].join(' ');
};

it('asks of claimed routes who comes once there is an auth section, and of nobody without one', () => {
  expect(told(factsOf({}, 'migrated'))).toBe('enforce required');
  expect(told(factsOf({}, 'canary'))).toBe('enforce required');
  expect(told(factsOf({}, 'legacy'))).toBe('observe required');
  expect(told(factsOf({}, 'shadow'))).toBe('observe required');
  expect(told({ ...factsOf({}, 'migrated'), auth: undefined })).toBe('nothing');
});

it('obeys a route that says its own', () => {
  expect(told(factsOf({ auth: 'public' }, 'migrated'))).toBe('enforce open');
  expect(told(factsOf({ auth: 'pass' }, 'legacy'))).toBe('observe open');
  expect(told(factsOf({ auth: { scopes: ['a'], roles: ['b'] } }, 'done'))).toBe('enforce required a b');
  expect(told(factsOf({ auth: { mode: 'enforce' } }, 'legacy'))).toBe('enforce required');
  expect(told(factsOf({ auth: { mode: 'observe', scopes: ['a'] } }, 'migrated'))).toBe('observe required a');
});

it('asks of unclaimed traffic only what edge.unclaimed says, or what its limit counts by', () => {
  expect(told(factsOf(undefined, 'legacy'))).toBe('nothing');
  expect(told(factsOf(undefined, 'legacy', { unclaimed: { auth: 'public' } }))).toBe('nothing');
  expect(told(factsOf(undefined, 'legacy', { unclaimed: { auth: 'required' } }))).toBe('enforce required');
  expect(told(factsOf(undefined, 'legacy', { unclaimed: { limit: '10/1s' } }))).toBe('observe open');
});
