import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Secrets by the variable that a process reads them from. */
export type Secrets = Readonly<Record<string, string>>;

/** Bytes of randomness in each. */
const strength = 32;

/**
 * What the processes know each other by. It is made once and kept in `<folder>/secrets.json`, for the owner's eyes alone
 * (0600); a name that is new is added. Rejects if the file is there and is not such a list.
 */
export async function openSecrets(folder: string, names: readonly string[]): Promise<Secrets> {
  const file = join(folder, 'secrets.json');
  const kept = await readKept(file);
  const missing = names.filter(name => kept[name] === undefined);
  if (missing.length === 0) return kept;
  const fresh = missing.map(name => [name, randomBytes(strength).toString('base64url')] as const);
  const all = { ...kept, ...Object.fromEntries(fresh) };
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
  // The mode of a file that was there already would stay what it was.
  await chmod(file, 0o600);
  return all;
}

async function readKept(file: string): Promise<Secrets> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return {};
  }
  const kept = parse(text);
  if (kept === undefined)
    throw new Error(`${file}: expected secrets by name; remove it, and new ones are made`);
  return kept;
}

function parse(text: string): Secrets | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return Object.values(value).every(each => typeof each === 'string') ? (value as Secrets) : undefined;
  } catch {
    return undefined;
  }
}
