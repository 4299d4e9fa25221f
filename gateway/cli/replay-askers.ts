import { systemClock } from '../core/clock.ts';
import { createEvents } from '../core/events.ts';
import type { Side } from '../core/vocabulary.ts';
import { type Asker, createAsker } from '../offline/asking.ts';
import { type Credentials, createCredentials } from '../proxy/credentials.ts';
import { openTransport } from '../proxy/transport.ts';
import { Stop } from './command.ts';
import type { Ground } from './replay-ground.ts';
import type { ReplayOptions, SideOptions } from './replay-options.ts';

/** Who asks both sides. */
export interface Askers extends Readonly<Record<Side, Asker>> {
  close(): Promise<void>;
}

/**
 * Legacy is asked as the recording and the command line say; the service also with the `tls` of the route's upstream, and
 * with a token where that has `credentials` and the command line names no `authorization` for it. Throws a Stop where that is not to be had.
 */
export async function openAskers(options: ReplayOptions, { judging, service }: Ground): Promise<Askers> {
  const deps = { clock: systemClock, openTransport };
  const credentials =
    service?.credentials === undefined || namesAuthorization(options.service)
      ? undefined
      : createCredentials(service.name, service.credentials, { ...deps, events: createEvents() });
  await requireToken(credentials);
  const shared = { timeout: options.pace.timeout, maxBody: judging.rules.maxBody };
  const askers = {
    legacy: createAsker({ side: 'legacy', ...options.legacy, ...shared }, deps),
    service: createAsker(
      {
        ...{ side: 'service', ...options.service, ...shared, tls: service?.tls },
        authorization: credentials?.authorization,
      },
      deps,
    ),
  };
  return {
    ...askers,
    async close() {
      await Promise.all([askers.legacy.close(), askers.service.close(), credentials?.close()]);
    },
  };
}

const namesAuthorization = ({ fields }: SideOptions): boolean =>
  fields.some((text, at) => at % 2 === 0 && text.toLowerCase() === 'authorization');

async function requireToken(credentials: Credentials | undefined): Promise<void> {
  const token = await credentials?.authorization();
  if (typeof token !== 'object') return;
  await credentials?.close();
  throw new Stop(3, `${token.detail}; --service-header gives an \`authorization\` of your own`);
}
