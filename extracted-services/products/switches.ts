/**
 * Ways in which the service can differ from the monolith, each honest: somebody would have written it so. All are
 * `as-legacy` unless the environment says otherwise, and a comparison finds them one after another.
 */
import type { Settings } from '../chassis/settings.ts';

export interface Switches {
  /** A product that is not there: 200 with an error inside, or `problem` 404. PRODUCTS_UNKNOWN */
  readonly unknown: 'as-legacy' | 'problem';
  /** The order of a list: by id, or `by-name`. PRODUCTS_ORDER */
  readonly order: 'as-legacy' | 'by-name';
  /** A list with every field, or `short`, without the description. PRODUCTS_FIELDS */
  readonly fields: 'as-legacy' | 'short';
  /** `pattern`: somebody forgot that `%` and `_` mean something to LIKE, and few people search for them. PRODUCTS_SEARCH */
  readonly search: 'as-legacy' | 'pattern';
  /** `slow`: each answer waits 150 ms for something that nobody needs. PRODUCTS_PACE */
  readonly pace: 'as-legacy' | 'slow';
}

export const asLegacy: Switches = {
  unknown: 'as-legacy',
  order: 'as-legacy',
  fields: 'as-legacy',
  search: 'as-legacy',
  pace: 'as-legacy',
};

export const readSwitches = (settings: Settings): Switches => ({
  unknown: settings.oneOf('PRODUCTS_UNKNOWN', ['as-legacy', 'problem'], 'as-legacy'),
  order: settings.oneOf('PRODUCTS_ORDER', ['as-legacy', 'by-name'], 'as-legacy'),
  fields: settings.oneOf('PRODUCTS_FIELDS', ['as-legacy', 'short'], 'as-legacy'),
  search: settings.oneOf('PRODUCTS_SEARCH', ['as-legacy', 'pattern'], 'as-legacy'),
  pace: settings.oneOf('PRODUCTS_PACE', ['as-legacy', 'slow'], 'as-legacy'),
});
