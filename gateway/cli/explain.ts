import { Refusal } from '../core/errors.ts';
import type { AskedRequest, RequestExplanation } from '../explain-request.ts';
import { type Call, type Command, Stop } from './command.ts';
import type { Print } from './print.ts';
import { clean } from './table.ts';

export const explain: Command = {
  name: 'explain',
  summary: 'tells which route a request takes, which side serves it, and why',
  args: [
    { name: '<request...>', means: 'method and path, such as GET /orders/42; GET where no method is given' },
  ],
  options: [
    { flags: '-H, --header <field>', means: 'a header as `name: value`; repeatable', isRepeated: true },
    { flags: '--host <host>', means: 'the host that the client asks' },
    { flags: '--user <id>', means: 'as if this user had logged in' },
    { flags: '--role <name>', means: 'a role of that user; repeatable', isRepeated: true },
    { flags: '--ip <address>', means: 'the address of the client (default 127.0.0.1)' },
    { flags: '--live', means: 'ask the running gateway, holds included, instead of the file' },
  ],
  hasJson: true,
  examples: [
    { line: 'figway explain GET /orders/42', does: 'from the file alone' },
    {
      line: "figway explain GET /orders -H 'cookie: sid=7' --user alice",
      does: 'who lands where in a canary',
    },
    { line: 'figway explain POST /orders --live', does: 'what the running gateway would do' },
  ],
  notes: ['Exits with 0 for unclaimed and refused requests too: nothing is sent, only told.'],
  async run(call) {
    const asked = toAsked(call);
    const isLive = call.options.flag('live');
    const explained = isLive ? await askGateway(call, asked) : await askFile(call, asked);
    if (call.options.flag('json')) call.print.json(explained);
    else tell(call.print, explained);
    return 0;
  },
};

function toAsked({ args, options }: Call): AskedRequest {
  const words = args.flatMap(arg => arg.trim().split(/\s+/));
  const [method = 'GET', path] = words.length === 1 ? ['GET', words[0]] : words;
  if (words.length > 2 || path === undefined || !/^(\/|\*$)/.test(path) || !/^[A-Za-z-]+$/.test(method))
    throw new Stop(3, `expected a request such as GET /orders/42, got ${JSON.stringify(args.join(' '))}`);
  const headers: Record<string, string> = Object.fromEntries(options.list('header').map(toField));
  return {
    method: method.toUpperCase(),
    path,
    host: (options.text('host') ?? headers.host)?.replace(/:\d+$/, ''),
    headers,
    user: options.text('user'),
    roles: options.list('role'),
    ip: options.text('ip') ?? '127.0.0.1',
  };
}

function toField(given: string): [name: string, value: string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(given) ?? [];
  if (name === undefined || value === undefined)
    throw new Stop(3, `--header: expected \`name: value\`, got ${JSON.stringify(given)}`);
  return [name.toLowerCase(), value];
}

async function askFile(call: Call, asked: AskedRequest): Promise<RequestExplanation> {
  const [{ loadGood }, { compileAtOnce }, { explainRequest }] = await Promise.all([
    import('./load.ts'),
    import('../routing/compile.ts'),
    import('../explain-request.ts'),
  ]);
  const { config } = await loadGood(call);
  try {
    return explainRequest({ ...compileAtOnce(config), config }, asked, () => undefined);
  } catch (error) {
    throw error instanceof Refusal
      ? new Stop(3, `the gateway refuses it: ${error.code}: ${error.message}`)
      : error;
  }
}

async function askGateway(call: Call, asked: AskedRequest): Promise<RequestExplanation> {
  if (asked.roles !== undefined && asked.roles.length > 0)
    throw new Stop(3, '--role goes with the file alone, not with --live');
  const { openAdmin } = await import('./admin-client.ts');
  const query = new URLSearchParams({ method: asked.method, path: asked.path });
  for (const name of ['host', 'user', 'ip'] as const) {
    const value = asked[name];
    if (value !== undefined) query.set(name, value);
  }
  for (const [name, value] of Object.entries(asked.headers)) query.append('header', `${name}: ${value}`);
  const admin = await openAdmin(call);
  return (await admin.get(`/api/explain?${query}`)) as RequestExplanation;
}

function tell(print: Print, told: RequestExplanation): void {
  const say = (what: string, text: string) =>
    print.line(`  ${print.paint('dim', what.padEnd(9))} ${clean(text)}`);
  print.line(
    print.paint('bold', clean(`${told.method} ${told.target}${told.host ? ` at ${told.host}` : ''}`)),
  );
  if (told.outcome === 'unclaimed') say('route', 'unclaimed: no route matches');
  else say('route', `${told.route}${told.owner ? ` of ${told.owner}` : ''}, stage ${told.stage}`);
  if (told.entry !== undefined) {
    const params = told.params.map(({ name, value }) => `${name} = ${value}`).join(', ');
    say('entry', params === '' ? told.entry : `${told.entry}, with ${params}`);
  }
  for (const { path, route, stage } of told.readings)
    say('reading', `${path} is of ${route}, stage ${stage}`);
  if (told.nearMiss != null)
    say('near miss', `${told.nearMiss} would match but for case, slash or parameters`);
  for (const { route, entry, why } of told.others) say('not', `${route}: ${entry}: ${why}`);
  for (const { name, mode } of told.guards) say('guard', `${name}: ${mode}`);
  if (told.split != null)
    say(
      'split',
      `cohort ${told.split.cohort}: bucket ${told.split.bucket}, the service serves below ${told.split.threshold} of 10000`,
    );
  if (told.hold != null) say('held', told.hold);
  if (told.refusal != null) say('refused', `${told.refusal.code}: ${told.refusal.detail}`);
  if (told.decision == null) return;
  const { serve, shadow, because, detail } = told.decision;
  say('served', `by ${serve}: ${detail || because}`);
  if (shadow != null) say('shadow', `${shadow} gets a copy`);
  say('forwarded', `to ${told.upstream}${told.rewritten == null ? '' : ` as ${told.rewritten}`}`);
}
