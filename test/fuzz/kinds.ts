import { heads } from './heads.ts';
import type { Kind } from './kind.ts';
import { paths } from './paths.ts';
import { openTarget, type Target } from './target.ts';
import { tokens } from './tokens.ts';
import { openYaml } from './yaml.ts';

/** Every kind, with the gateway that it is tried on. */
export interface Kinds extends AsyncDisposable {
  readonly all: readonly Kind[];
  readonly target: Target;
}

export const names = ['heads', 'paths', 'tokens', 'yaml'] as const;

export async function openKinds(): Promise<Kinds> {
  const target = await openTarget();
  const yaml = await openYaml();
  return {
    all: [heads(target), paths(target), tokens(target), yaml],
    target,
    async [Symbol.asyncDispose]() {
      await yaml[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
}
