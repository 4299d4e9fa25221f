import { type Address, mapCookie, mapLink, mapReference } from './location.ts';

/** What is done to a field before both sides' are compared: what is done to it for the client (contract §3). */
type Treatment = 'reference' | 'link' | 'cookie' | 'cors';

const treatments: ReadonlyMap<string, Treatment> = new Map([
  ['location', 'reference'],
  ['content-location', 'reference'],
  ['link', 'link'],
  ['set-cookie', 'cookie'],
  ['access-control-allow-origin', 'cors'],
  ['access-control-allow-credentials', 'cors'],
  ['access-control-allow-methods', 'cors'],
  ['access-control-allow-headers', 'cors'],
  ['access-control-expose-headers', 'cors'],
  ['access-control-max-age', 'cors'],
  ['access-control-allow-private-network', 'cors'],
]);

/**
 * The fields of an answer as a client would see them, without what the gateway adds: addresses and paths are the client's,
 * and where the gateway owns the CORS fields those of an upstream are gone. Flat raw pairs.
 */
export function toComparedFields(
  raw: readonly string[],
  address: Address,
  { ownsCors }: { readonly ownsCors: boolean },
): string[] {
  const fields: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const treatment = treatments.get(name.toLowerCase());
    if (treatment === undefined) fields.push(name, value);
    else if (treatment === 'reference') fields.push(name, mapReference(value, address));
    else if (treatment === 'link') fields.push(name, mapLink(value, address));
    else if (treatment === 'cookie') fields.push(name, mapCookie(value, address));
    else if (!ownsCors) fields.push(name, value);
  }
  return fields;
}
