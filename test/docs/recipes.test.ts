import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fullName } from '../../gateway/cli/command.ts';
import { commands } from '../../gateway/cli/commands.ts';
import { loadConfig } from '../../gateway/schema.ts';
import { startMonolith } from '../../legacy-monolith/monolith.ts';
import {
  type Block,
  blocksOf,
  isQuestion,
  readDocument,
  type Step,
  sectionOf,
  stepsOf,
  toPattern,
} from '../kit/documents.ts';
import { freePort } from '../kit/free-port.ts';
import { feedOf, internalToken } from '../kit/internal-client.ts';
import { type Issuer, openIssuer } from '../kit/issuer.ts';
import { openOrders } from '../kit/orders.ts';
import { openTempFolder } from '../kit/temp-folder.ts';
import { openTerminal, type Terminal } from '../kit/terminal.ts';
import { echo, openUpstream } from '../kit/upstream.ts';

const recipes = readdirSync('docs/recipes').map(name => `docs/recipes/${name}`);
const patience = { timeout: 20_000, interval: 100 };

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The tokens of a recipe; olga's is what it says. */
const variables = {
  PLATFORM_TOKEN_SHA256: sha256('platform'),
  OLGA_TOKEN_SHA256: sha256('correct-horse'),
  SCREEN_TOKEN_SHA256: sha256('screen'),
};

/** What alice has from the realm `shop` of an issuer. */
function tokensOf(issuer: Issuer): Record<string, string> {
  const claims = {
    iss: `${issuer.url}/realms/shop`,
    scope: 'orders:read',
    realm_access: { roles: ['clerk'] },
  };
  return { ALICE_TOKEN: issuer.token(claims), OLD_TOKEN: issuer.token({ ...claims, exp: 1 }) };
}

describe.each(recipes)('%s', path => {
  it('works as it says, from the first line to the last', { timeout: 120_000 }, async () => {
    const blocks = blocksOf(await readDocument(path));
    await using table = await openTable(path === shopRecipe ? openShop : openEchoes);
    let isChanged = false;
    for (const block of blocks) {
      if (block.language === 'yaml') {
        await table.write(block);
        isChanged = true;
        continue;
      }
      if (isChanged) expect(await table.problems()).toEqual([]);
      isChanged = false;
      for (const step of stepsOf(block)) await table.follow(step);
    }
    if (isChanged) expect(await table.problems()).toEqual([]);
  });
});

describe('README.md', () => {
  it('names every command, and none besides', async () => {
    const table = sectionOf(await readDocument('README.md'), 'Commands');
    const named = [...table.matchAll(/^\| `figway ([\w ]+)`/gm)].map(([, name]) => name);
    expect(named.toSorted()).toEqual(commands.map(fullName).toSorted());
  });

  it('has no routes file that the loader would refuse', async () => {
    await using table = await openTable();
    for (const block of blocksOf(await readDocument('README.md'))) {
      if (block.language !== 'yaml') continue;
      await table.write(block);
      expect(await table.problems()).toEqual([]);
    }
  });
});

/** A folder, a monolith and a service, and a terminal. */
interface Table extends AsyncDisposable {
  /** Keeps a block that begins with `# name.yaml` under that name. */
  write(block: Block): Promise<void>;
  /** Of the main routes file. */
  problems(): Promise<readonly string[]>;
  follow(step: Step): Promise<void>;
}

/** What answers in the place of the addresses that the documents have. */
interface Upstreams {
  readonly legacy: { readonly url: string; close(): Promise<void> };
  readonly orders: { readonly url: string; close(): Promise<void> };
}

const openEchoes = async (): Promise<Upstreams> => ({
  legacy: await openUpstream(echo('legacy')),
  orders: await openUpstream(echo('orders')),
});

/** The one that is about the shop itself. */
const shopRecipe = 'docs/recipes/old-sessions.md';

async function openShop(): Promise<Upstreams> {
  const legacy = await startMonolith({ port: 0, internalToken });
  const orders = await openOrders({ legacy: feedOf(legacy.url) });
  return { legacy, orders: { url: orders.url, close: async () => orders[Symbol.asyncDispose]() } };
}

async function openTable(open: () => Promise<Upstreams> = openEchoes): Promise<Table> {
  const folder = await openTempFolder();
  const { legacy, orders } = await open();
  const issuer = await openIssuer();
  const addresses = {
    '127.0.0.1:8180': new URL(issuer.url).host,
    '127.0.0.1:4000': new URL(legacy.url).host,
    '127.0.0.1:4103': new URL(orders.url).host,
    '127.0.0.1:8080': `127.0.0.1:${await freePort()}`,
    '127.0.0.1:8081': `127.0.0.1:${await freePort()}`,
  };
  const toReal = (text: string): string =>
    Object.entries(addresses).reduce((all, [usual, real]) => all.replaceAll(usual, real), text);
  const toUsual = (text: string): string =>
    Object.entries(addresses).reduce((all, [usual, real]) => all.replaceAll(real, usual), text);
  const env = { ...variables, ...tokensOf(issuer), FIGWAY_LISTEN: addresses['127.0.0.1:8080'] };
  const terminal = await openTerminal(folder.path, addresses, env);
  let main = '';

  return {
    async write({ text }) {
      const name = /^# ([\w./-]+\.yaml)\n/.exec(text)?.[1];
      if (name === undefined) throw new Error(`a routes file must begin with its name:\n${text}`);
      if (!name.includes('/')) main = name;
      await mkdir(dirname(join(folder.path, name)), { recursive: true });
      await writeFile(join(folder.path, name), toReal(text));
    },
    async problems() {
      const { problems } = await loadConfig(join(folder.path, main), env);
      return problems.map(({ line, message }) => `${main}:${line}: ${message}`);
    },
    async follow({ command, shows }) {
      const seen = async (): Promise<string> => toUsual(await run(terminal, command));
      if (isQuestion(command)) {
        await expect.poll(seen, { ...patience, message: command }).toMatch(toPattern(shows));
      } else expect(await seen(), command).toMatch(toPattern(shows));
      if (command.startsWith('npx figway init')) {
        const file = join(folder.path, /--config (\S+)/.exec(command)?.[1] ?? 'routes.yaml');
        await writeFile(file, toReal(await readFile(file, 'utf8')));
      }
    },
    async [Symbol.asyncDispose]() {
      await terminal[Symbol.asyncDispose]();
      await Promise.all([legacy.close(), orders.close(), issuer[Symbol.asyncDispose]()]);
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A gateway stays; of what it prints only the line that says where it is matters. */
async function run(terminal: Terminal, command: string): Promise<string> {
  if (!command.startsWith('npx figway start')) return terminal.type(command);
  const output = await terminal.leaveRunning(command, 'admin port on');
  return output.split('\n').find(line => line.includes('listens on')) ?? '';
}
