import { hash } from 'node:crypto';
import type { Exchange } from '../core/exchange.ts';

/** What makes a request this one and no other. */
export interface RequestFacts {
  readonly method: string;
  /** As sent, with query. */
  readonly target: string;
  /** Who asked, as `whoOf` says it. */
  readonly who: string;
  readonly body: Uint8Array | undefined;
}

/** The user, else the API key, else the address: who the request counts for. A cookie is not asked, since anybody can make one up. */
export function whoOf({ identity, client }: Exchange): string {
  if (identity.user !== undefined) return `user ${identity.user}`;
  return identity.key === undefined ? client.address : `key ${identity.key}`;
}

/** 16 hex digits: two requests with the same are the same trial, whatever the order of their query. */
export function fingerprintOf({ method, target, who, body }: RequestFacts): string {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark + 1);
  const sorted = query.includes('&') ? query.split('&').sort().join('&') : query;
  const ofBody = body === undefined ? '' : hash('sha256', body, 'hex');
  return shorten([method, path, sorted, ofBody, who].join('\0'));
}

/** 16 hex digits: whose request it was. */
export const clientOf = (who: string): string => shorten(who);

const shorten = (text: string): string => hash('sha256', text, 'hex').slice(0, 16);
