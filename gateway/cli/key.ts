import { type Command, Stop } from './command.ts';

export const key: Command = {
  name: 'key',
  summary: 'makes an API key, and the entry for the routes file',
  args: [
    { name: '<new>', means: 'the word `new`' },
    { name: '<id>', means: 'name of the client, such as partner-a' },
  ],
  options: [
    { flags: '--scope <scope>', means: 'a scope that it has; may be given many times', isRepeated: true },
    { flags: '--role <role>', means: 'a role that it has; may be given many times', isRepeated: true },
  ],
  hasJson: true,
  examples: [
    { line: 'figway key new partner-a', does: 'a key without scopes' },
    { line: 'figway key new partner-a --scope orders:read', does: 'one that may read orders' },
  ],
  notes: ['The key is shown once and kept nowhere: the routes file has its SHA-256 only.'],
  async run({ args, options, print }) {
    const { isKeyId, keyIdBound, makeApiKey } = await import('../edge/auth/new-key.ts');
    const [verb = '', id = ''] = args;
    if (verb !== 'new') throw new Stop(3, `expected figway key new <id>, got figway key ${verb}`);
    if (!isKeyId(id)) throw new Stop(3, `expected ${keyIdBound}, got ${JSON.stringify(id)}`);
    const { key: secret, sha256 } = makeApiKey();
    const scopes = options.list('scope');
    const roles = options.list('role');
    const entry = toEntry({ id, sha256, scopes, roles });
    if (options.flag('json')) {
      print.json({ id, key: secret, sha256, scopes, roles, entry });
      return 0;
    }
    print.line(`The key of ${id}, shown this once:`);
    print.line();
    print.line(`  ${secret}`);
    print.line();
    print.line('Its entry, below auth: apiKeys: keys: of the routes file:');
    print.line();
    print.line(`  ${entry}`);
    return 0;
  },
};

interface Entry {
  readonly id: string;
  readonly sha256: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

/** One item of a list in flow style; what people typed is quoted, since it may mean something else to YAML. */
function toEntry({ id, sha256, scopes, roles }: Entry): string {
  const list = (name: string, words: readonly string[]): string =>
    words.length === 0 ? '' : `, ${name}: [${words.map(word => JSON.stringify(word)).join(', ')}]`;
  return `- { id: ${JSON.stringify(id)}, sha256: "${sha256}"${list('scopes', scopes)}${list('roles', roles)} }`;
}
