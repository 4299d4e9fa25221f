import { Refusal } from '../../core/errors.ts';
import type { Exchange, Identity } from '../../core/exchange.ts';
import type { Guard, GuardMaker, Verdict } from '../guard.ts';
import { isPreflight } from '../preflight.ts';
import type { Authentication, Authenticator } from './authenticator.ts';
import { credentialsMissing, scopeMissing } from './challenge.ts';
import { type AuthRule, authRuleOf } from './rule.ts';

/** Who somebody is, and whether that is enough for this route. */
export const auth: GuardMaker = {
  name: 'auth',
  modeOf: facts => authRuleOf(facts)?.mode,
  compile(facts, services) {
    const rule = authRuleOf(facts);
    if (rule === undefined || services.auth === undefined) return () => undefined;
    return rule.mode === 'enforce' ? enforce(rule, services.auth) : observe(rule, services.auth);
  },
};

function enforce(rule: AuthRule, authenticator: Authenticator): Guard['check'] {
  const settle = (exchange: Exchange, found: Authentication): Verdict => {
    if (found.kind === 'identified') exchange.identity = found.identity;
    return judge(rule, found);
  };
  return exchange => {
    if (isPreflight(exchange)) return undefined;
    const found = authenticator.authenticate(exchange);
    return found instanceof Promise ? found.then(later => settle(exchange, later)) : settle(exchange, found);
  };
}

/** What takes time comes too late for the request, which has gone on as nobody's. */
function observe(rule: AuthRule, authenticator: Authenticator): Guard['check'] {
  return exchange => {
    if (isPreflight(exchange)) return undefined;
    const found = authenticator.authenticate(exchange);
    if (found instanceof Promise) return found.then(later => judge(rule, later));
    if (found.kind === 'identified') exchange.identity = found.identity;
    return judge(rule, found);
  };
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
