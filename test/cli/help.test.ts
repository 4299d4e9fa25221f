import { describe, expect, it } from 'vitest';
import { openFolder, spawnFigway } from '../kit/command-line.ts';

const commands = [
  'init',
  'check',
  'test',
  'explain',
  'start',
  'status',
  'promote',
  'rollback',
  'hold',
  'release',
];

describe('help', () => {
  it('lists every command and the exit codes on stdout', async () => {
    await using folder = await openFolder();
    const { code, stdout, stderr } = await folder.figway(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(stdout).toContain('3  usage or I/O error');
    expect(stdout).not.toContain('figway key');
  });

  it('is what `figway` alone prints', async () => {
    await using folder = await openFolder();
    const [alone, asked] = await Promise.all([folder.figway([]), folder.figway(['--help'])]);
    expect(alone).toEqual(asked);
  });

  it.each(commands)('of %s shows options, global options and examples that name it', async command => {
    await using folder = await openFolder();
    const { code, stdout, stderr } = await folder.figway([command, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: figway ${command}`);
    for (const option of ['--config <file>', '--admin <url>', '--token <token>', '--help'])
      expect(stdout).toContain(option);
    expect(stdout).toMatch(new RegExp(`Examples:\\n  .*figway ${command}`));
  });

  it.each(['promote', 'rollback', 'hold', 'release'])('of %s names the mandatory reason', async command => {
    await using folder = await openFolder();
    expect((await folder.figway([command, '--help'])).stdout).toMatch(/--reason <text>\s+why, .*mandatory/);
  });

  it('prints the version', async () => {
    await using folder = await openFolder();
    expect((await folder.figway(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('a wrong word', () => {
  it.each([
    [['chek'], "unknown command 'chek' (Did you mean check?)"],
    [['check', '--jsn'], "unknown option '--jsn' (Did you mean --json?)"],
    [['init'], "missing required argument 'legacy'"],
    [['hold', '--reason'], "option '--reason <text>' argument missing"],
    [['hold', '--reason', 'x'], 'a route or --all is needed'],
    [['hold', 'a', '--all', '--reason', 'x'], 'a route and --all exclude each other'],
    [['hold', 'a'], '--reason is mandatory'],
    [
      ['hold', 'a', '--reason', 'x', '--for', '2'],
      '--for: expected a duration such as 30s, 10m or 2h, got "2"',
    ],
    [
      ['release', 'a', '--reason', 'x', '--ramp', '50,10', '--every', '1m'],
      '--ramp: expected rising percents',
    ],
    [['release', 'a', '--reason', 'x', '--ramp', '10,100'], '--ramp and --every go together'],
    [['promote', 'a', '--reason', 'x', '--to', 'canry'], '--to: expected one of legacy, shadow'],
    [['promote', 'a', '--reason', 'x', '--percent', '140'], '--percent: expected 0 to 100, got "140"'],
    [['explain', 'orders'], 'expected a request such as GET /orders/42, got "orders"'],
    [['explain', '/', '-H', 'x'], '--header: expected `name: value`, got "x"'],
    [['status', '--admin', 'nowhere'], '--admin: expected an address such as http://127.0.0.1:8081'],
    ...['0', '1.5', '65', '-1', '1e1', 'many'].map(
      given =>
        [
          ['start', '--workers', given],
          `--workers: expected a whole number from 1 to 64 or auto, got "${given}"`,
        ] as const,
    ),
    [['check', 'missing.yaml'], 'missing.yaml: no such file'],
    [['check', '.'], '.: not a file'],
  ] as const)('%j is one clear line and exit 3', async (words, says) => {
    await using folder = await openFolder();
    const { code, stdout, stderr } = await folder.figway(words);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/^figway: [^\n]+\n$/);
    expect(stderr).toContain(says);
  });
});

describe('output', () => {
  it('has no colours where it is no terminal, unless FORCE_COLOR asks for them', async () => {
    await using folder = await openFolder();
    const plain = await folder.figway(['chek']);
    const coloured = await folder.figway(['chek'], { FORCE_COLOR: '1' });
    expect(plain.stderr).not.toContain('\x1b[');
    expect(coloured.stderr).toContain('\x1b[31m');
  });

  it('ends quietly when its reader has gone', async () => {
    await using folder = await openFolder();
    const child = spawnFigway(folder.path, ['--help']);
    child.stdout.destroy();
    const stderr = (await Array.fromAsync(child.stderr.setEncoding('utf8'))).join('');
    const code = await new Promise(resolve => child.on('exit', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
