import { errorRow, Refusal } from '../../core/errors.ts';
import type { Exchange, Identity } from '../../core/exchange.ts';
import type { GuardFacts, GuardMaker, Verdict } from '../guard.ts';
import type { BruteForce } from '../limit/brute-force.ts';
import { isPreflight } from '../preflight.ts';
import type { EdgeServices } from '../services.ts';
import type { Authentication } from './authenticator.ts';
import { credentialsMissing, scopeMissing } from './challenge.ts';
import { giveToken } from './mint.ts';
import { compileOriginRule, type OriginRule } from './origin.ts';
import { type AuthRule, authRuleOf } from './rule.ts';

/** Who somebody is, and whether that is enough for this route. */
export const auth: GuardMaker = {
  name: 'auth',
  modeOf: facts => authRuleOf(facts)?.mode,
  compile(facts, services) {
    const rule = authRuleOf(facts);
    if (rule === undefined || services.auth === undefined) return () => undefined;
    const settle = compileSettle(rule, facts, services);
    const { auth: authenticator } = services;
    // Observed, what takes time comes too late for the request, which goes on as nobody's, but not for its copy.
    return exchange => {
      if (isPreflight(exchange)) return undefined;
      const found = authenticator.authenticate(exchange);
      return found instanceof Promise
        ? found.then(later => settle(exchange, later))
        : settle(exchange, found);
    };
  },
};

/** What is made of what was found: who it is, whether that is enough, and a token for the service. */
type Settle = (exchange: Exchange, found: Authentication) => Verdict | Promise<Verdict>;

function compileSettle(rule: AuthRule, facts: GuardFacts, { mint, bruteForce }: EdgeServices): Settle {
  const { route, edge, stage } = facts;
  const refuseOrigin = compileOriginRule((route?.cors ?? edge.cors)?.origins);
  const minting = route === undefined || stage === 'legacy' ? undefined : mint;
  return (exchange, given) => {
    const found = refuseAmbient(given, refuseOrigin, exchange);
    if (found.kind !== 'identified') {
      const refusal = judge(rule, found);
      return rule.mode === 'enforce' ? countFailure(refusal, found, exchange, bruteForce) : refusal;
    }
    exchange.identity = found.identity;
    const refusal = judge(rule, found);
    if (refusal !== undefined || minting === undefined || found.source === 'bearer') return refusal;
    return giveToken(exchange, minting);
  };
}

/** A session cookie that came along with a foreign page's request proves nothing. */
function refuseAmbient(found: Authentication, refuseOrigin: OriginRule, exchange: Exchange): Authentication {
  if (found.kind !== 'identified' || found.source !== 'session') return found;
  const refusal = refuseOrigin(exchange);
  return refusal === undefined ? found : { kind: 'refused', source: 'session', refusal };
}

/** Counts every 401. From an address with too many of them, a credential that fails is told no more than that. */
function countFailure(
  refusal: Refusal | undefined,
  { kind }: Authentication,
  { client: { address } }: Exchange,
  bruteForce: BruteForce,
): Refusal | undefined {
  if (refusal === undefined || errorRow(refusal.code).status !== 401) return refusal;
  if (kind === 'refused' && bruteForce.isBlocked(address)) return bruteForce.refusal(address);
  bruteForce.failed(address);
  return refusal;
}

const missing = credentialsMissing('this route wants to know who asks, and the request does not say');

/** On an open route a bad credential is as good as none. */
function judge(rule: AuthRule, found: Authentication): Refusal | undefined {
  if (!rule.isRequired) return undefined;
  if (found.kind === 'absent') return missing;
  return found.kind === 'refused' ? found.refusal : permit(rule, found.identity);
}

function permit({ scopes, roles }: AuthRule, identity: Identity): Refusal | undefined {
  const scope = scopes.find(each => !identity.scopes.includes(each));
  if (scope !== undefined) return scopeMissing(scopes, scope);
  if (roles.length > 0 && !roles.some(each => identity.roles.includes(each)))
    return new Refusal('role-missing', `one of the roles ${roles.join(', ')} is needed`);
  return undefined;
}
