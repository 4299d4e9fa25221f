import type { Settings } from '../settings.ts';
import { createLegacyFeed, type LegacyFeed } from './feed.ts';

/** The monolith that LEGACY_URL and LEGACY_INTERNAL_TOKEN name; undefined without the token. */
export const readLegacyFeed = (settings: Settings): LegacyFeed | undefined =>
  settings.optional('LEGACY_INTERNAL_TOKEN') === undefined ? undefined : requireLegacyFeed(settings);

/** The same where there is nothing to do without: throws a message that names the variable. */
export const requireLegacyFeed = (settings: Settings): LegacyFeed =>
  createLegacyFeed({
    url: settings.url('LEGACY_URL', 'http://127.0.0.1:4000'),
    token: settings.secret('LEGACY_INTERNAL_TOKEN'),
  });
