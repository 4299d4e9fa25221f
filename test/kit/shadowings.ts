import type { CompareConfig } from '../../gateway/compare/schema.ts';
import { compareDefaults } from '../../gateway/compare/schema.ts';
import { compileShadowing, type Shadowing } from '../../gateway/compare/shadowing.ts';
import { makeRoute } from './exchanges.ts';
import { planFor, upstreamAt } from './proxy-rig.ts';

/** A route in shadow with these settings; its upstreams are never asked. */
export function makeShadowing(compare: Partial<CompareConfig> = {}, name = 'orders'): Shadowing {
  const upstream = upstreamAt('http://127.0.0.1:1');
  const shadowing = compileShadowing(makeRoute({ name, stage: 'shadow' }), {
    compare: { ...compareDefaults(), ...compare },
    plans: {
      legacy: planFor(upstream, { side: 'legacy' }),
      service: planFor(upstream, { side: 'service' }),
    },
    maxUpload: Number.POSITIVE_INFINITY,
    apiKeyHeader: undefined,
    hasPaths: false,
    revision: '',
  });
  if (shadowing === undefined) throw new TypeError('a route in shadow is shadowed');
  return shadowing;
}
