/**
 * Ways in which the service can differ from the monolith, each honest: somebody would have written it so. All are
 * `as-legacy` unless the environment says otherwise, and a comparison finds them one after another.
 */
import type { Settings } from '../chassis/settings.ts';

export interface Switches {
  /** `half-even`: tax is cut to a hundredth of a cent, then rounded as banks do. ORDERS_TAX_ROUNDING */
  readonly taxRounding: 'as-legacy' | 'half-even';
  /** `currency`: it is left out, since all is in euros. ORDERS_MISSING_FIELD */
  readonly missingField: 'as-legacy' | 'currency';
  /** The order of lists: the monolith's, which is none, or `newest-first`, with pages. ORDERS_LIST_ORDER */
  readonly listOrder: 'as-legacy' | 'newest-first';
  /** Times as Berlin's wall clock, or as that of `utc`. ORDERS_TIME_ZONE */
  readonly timeZone: 'as-legacy' | 'utc';
  /** An order that is not there: 200 with an error inside, or `problem` 404. ORDERS_UNKNOWN */
  readonly unknown: 'as-legacy' | 'problem';
  /** `slow`: each answer waits 150 ms for something that nobody needs. ORDERS_DELAY */
  readonly delay: 'as-legacy' | 'slow';
  /** `whole-tax`: a check for zero fails where the tax is a whole number of euros. ORDERS_RARE_FAILURE */
  readonly rareFailure: 'as-legacy' | 'whole-tax';
  /** Whoever may read orders reads all, as at the monolith; or people read their `own`. ORDERS_READERS */
  readonly readers: 'as-legacy' | 'own';
}

export const asLegacy: Switches = {
  taxRounding: 'as-legacy',
  missingField: 'as-legacy',
  listOrder: 'as-legacy',
  timeZone: 'as-legacy',
  unknown: 'as-legacy',
  delay: 'as-legacy',
  rareFailure: 'as-legacy',
  readers: 'as-legacy',
};

export const readSwitches = (settings: Settings): Switches => ({
  taxRounding: settings.oneOf('ORDERS_TAX_ROUNDING', ['as-legacy', 'half-even'], 'as-legacy'),
  missingField: settings.oneOf('ORDERS_MISSING_FIELD', ['as-legacy', 'currency'], 'as-legacy'),
  listOrder: settings.oneOf('ORDERS_LIST_ORDER', ['as-legacy', 'newest-first'], 'as-legacy'),
  timeZone: settings.oneOf('ORDERS_TIME_ZONE', ['as-legacy', 'utc'], 'as-legacy'),
  unknown: settings.oneOf('ORDERS_UNKNOWN', ['as-legacy', 'problem'], 'as-legacy'),
  delay: settings.oneOf('ORDERS_DELAY', ['as-legacy', 'slow'], 'as-legacy'),
  rareFailure: settings.oneOf('ORDERS_RARE_FAILURE', ['as-legacy', 'whole-tax'], 'as-legacy'),
  readers: settings.oneOf('ORDERS_READERS', ['as-legacy', 'own'], 'as-legacy'),
});
