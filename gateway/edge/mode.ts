import { oneOf } from '../config/define.ts';
import type { GuardMode } from '../core/vocabulary.ts';
import type { GuardFacts } from './guard.ts';

/** Each guard enforces or only observes; where it says nothing the stage decides (contract §5). */
export const mode = () =>
  oneOf(['enforce', 'observe']).describe(
    'Refuse, or only count and log what would be refused; unless it is said, `observe` in legacy and shadow, `enforce` from canary on',
  );

/**
 * The mode of a guard that does not say its own. Claiming a route locks nobody out: in legacy and shadow guards
 * observe. What stands under `edge.unclaimed` was asked for by name, and enforces.
 */
export const stageMode = ({ route, stage }: Pick<GuardFacts, 'route' | 'stage'>): GuardMode =>
  route !== undefined && (stage === 'legacy' || stage === 'shadow') ? 'observe' : 'enforce';
