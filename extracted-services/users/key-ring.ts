import type { Clock } from '../chassis/clock.ts';
import type { JsonWebKeySet } from '../chassis/key-source.ts';
import { generateKey, type StoredKey, toPublicJwk } from './keys.ts';
import type { Repository } from './repository.ts';
import { accessLifetime } from './tokens.ts';

/** The keys of this issuer: the newest signs, and those that it took over from are published until their tokens have ended. */
export interface KeyRing {
  /** The key that signs; made if there is none, and a new one if it is older than `maxAge`. */
  current(): Promise<StoredKey>;
  /** Current and previous, and any that signed a token that may still live. */
  published(): Promise<JsonWebKeySet>;
  /** Signs with a new key from now on. Resolves with its id. */
  rotate(): Promise<string>;
}

/** After a key was taken over from: its last token's life, and five minutes for clocks that differ. */
const outlives = accessLifetime * 1000 + 300_000;

/** The store is asked each time, so that a rotation by another process or by command counts at once. */
export function createKeyRing(repository: Repository, options: { clock: Clock; maxAge: number }): KeyRing {
  const { clock, maxAge } = options;
  /** Signing wants the same object for the same key: what was made of it is kept with it. */
  let newest: StoredKey | undefined;

  const isFresh = (key: StoredKey): boolean => clock.wall() - key.createdAt < maxAge;

  /** A new key, unless somebody else has made one since `seen` was the newest. */
  const replace = async (seen: string | undefined): Promise<StoredKey> => {
    const made = await generateKey(clock.wall());
    return repository.transaction(async ({ keys }) => {
      const known = await keys.all();
      const [first] = known;
      if (first !== undefined && first.kid !== seen) return first;
      await keys.add(made);
      for (const key of [made, ...known].slice(2).filter(isOver(known, clock.wall()))) {
        await keys.remove(key.kid);
      }
      return made;
    });
  };
  return {
    async current() {
      const [found] = await repository.keys.all();
      const key = found !== undefined && isFresh(found) ? found : await replace(found?.kid);
      if (newest?.kid !== key.kid) newest = key;
      return newest;
    },
    async published() {
      let keys = await repository.keys.all();
      if (keys.length === 0) keys = [await replace(undefined)];
      const gone = isOver(keys, clock.wall());
      return { keys: keys.filter((key, index) => index < 2 || !gone(key)).map(toPublicJwk) };
    },
    async rotate() {
      const [seen] = await repository.keys.all();
      return (await replace(seen?.kid)).kid;
    },
  };
}

/** Whether the key that came after this one, in a list with the newest first, has signed for so long that this one is over. */
const isOver =
  (keys: readonly StoredKey[], now: number) =>
  (key: StoredKey): boolean => {
    const next = keys[keys.indexOf(key) - 1];
    return next !== undefined && now - next.createdAt > outlives;
  };
