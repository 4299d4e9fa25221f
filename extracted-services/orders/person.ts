import type { Caller } from '../chassis/auth.ts';
import { toId } from '../chassis/person.ts';

/** The user that a caller is; undefined for services, staff and API keys, and where nobody is asked. */
export const userOf = ({ sub, client, roles }: Caller): number | undefined =>
  sub === '' || client !== undefined || roles.includes('staff') || sub.startsWith('key:')
    ? undefined
    : toId(sub);
