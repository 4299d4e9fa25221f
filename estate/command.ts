/** `npm run estate -- <command>`: the tools of the estate, each told where everything is and by which secret it is known. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describeMemory, readMemory } from './memory.ts';
import { findCertificates } from './mtls.ts';
import { estateProcesses, type ProcessSpec } from './processes.ts';
import { openSecrets, type Secrets } from './secrets.ts';
import { turnSwitches } from './switches.ts';
import { createWiring, dataFolder, secretNames, type Wiring } from './wiring.ts';

const usage = `usage: npm run estate -- backfill users|orders     copies what is new or changed at the monolith
       npm run estate -- rebuild orders            makes its read model anew, while it serves
       npm run estate -- rotate-keys               makes the users service sign with a new key
       npm run estate -- reconcile users|products|orders  do the monolith and the service agree?
       npm run estate -- dead-letters list|show|replay|drop …
       npm run estate -- figway <command> …        figway, told where all is and by which secret it is known
       npm run estate -- switch orders|products NAME=value …   turns an honest difference while it runs
       npm run estate -- memory                    what each process holds
       npm run estate -- secrets                   for .env, where docker compose reads them`;

type Run = (words: readonly string[], secrets: Secrets) => Promise<number>;

const commands: Readonly<Record<string, Run>> = {
  backfill: (words, secrets) => ofService(['users', 'orders'], words[0], ['backfill'], secrets),
  rebuild: (words, secrets) => ofService(['orders'], words[0], ['rebuild'], secrets),
  'rotate-keys': (_words, secrets) => ofService(['users'], 'users', ['rotate-keys'], secrets),
  reconcile: (words, secrets) =>
    runNode(['extracted-services/reconciliation/main.ts', ...words], wiringOf(secrets)),
  'dead-letters': (words, secrets) =>
    runNode(['extracted-services/chassis/events/dead-letters-command.ts', ...words], wiringOf(secrets)),
  figway: (words, secrets) => runNode(['gateway/main.ts', ...words], specOf('gateway', secrets)?.env ?? {}),
  async switch(words) {
    console.log(await turnSwitches(dataFolder(process.env), words));
    return 0;
  },
  async memory() {
    console.log(describeMemory(await readMemory(dataFolder(process.env))));
    return 0;
  },
  async secrets() {
    const names = [...secretNames, 'POSTGRES_PASSWORD', 'RABBITMQ_PASSWORD'];
    const all = await openSecrets(dataFolder(process.env), names);
    console.log(names.map(name => `${name}=${all[name]}`).join('\n'));
    return 0;
  },
};

const [name = '', ...words] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
process.exitCode = command === undefined ? misused() : await orSay(command);

/** What keeps a command from its work is one line, and exit 3. */
async function orSay(run: Run): Promise<number> {
  try {
    return await run(words, await openSecrets(dataFolder(process.env), secretNames));
  } catch (error) {
    console.error(`estate: ${error instanceof Error ? error.message : String(error)}`);
    return 3;
  }
}

function misused(): number {
  console.error(usage);
  return 3;
}

/** As the estate was last started, with certificates or without. */
function wiringOf(secrets: Secrets): Wiring {
  return createWiring(process.env, secrets, findCertificates(process.env));
}

/** Runs a command of a service with the settings that `npm start` gives it. */
async function ofService(
  able: readonly string[],
  given: string | undefined,
  args: readonly string[],
  secrets: Secrets,
): Promise<number> {
  const spec = able.includes(given ?? '') ? specOf(given, secrets) : undefined;
  if (!spec) throw new Error(`expected ${able.join(' or ')}, got ${given ?? 'nothing'}`);
  return runNode([...spec.args, ...args], spec.env);
}

/** As `npm start` starts it. */
function specOf(given: string | undefined, secrets: Secrets): ProcessSpec | undefined {
  const specs = estateProcesses(process.env, secrets, findCertificates(process.env));
  return specs.find(({ name }) => name === given);
}

async function runNode(args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : 1;
}
