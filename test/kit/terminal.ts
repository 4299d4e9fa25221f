/** A shell as a reader of the documents has it: `curl`, `npx figway`, `npm run`, and other addresses in place of the usual ones. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { root } from './process.ts';

export interface Terminal extends AsyncDisposable {
  /** Runs a command to its end, and resolves with what it printed. */
  type(command: string): Promise<string>;
  /** Runs one that goes on, until it has printed `sign`; another one that is still running is stopped before. */
  leaveRunning(command: string, sign: string): Promise<string>;
}

/** `replace`: addresses as the documents have them, and as they are here. */
export async function openTerminal(
  folder: string,
  replace: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>> = {},
): Promise<Terminal> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  // npx looks for the package around the folder; here there are only data and a routes file.
  await writeProgram(join(bin, 'npx'), `shift; exec "${process.execPath}" "${root}/gateway/main.ts" "$@"`);
  await writeProgram(join(bin, 'npm'), await npm());
  if (!(await isInstalled('curl'))) {
    await writeProgram(join(bin, 'curl'), `exec "${process.execPath}" -e '${curl}' "$@"`);
  }
  const PATH = [bin, process.env.PATH].join(delimiter);
  const options = { cwd: folder, env: { ...process.env, PATH, NO_COLOR: '1', ...variables } };
  const toReal = (command: string): string =>
    Object.entries(replace).reduce((text, [usual, real]) => text.replaceAll(usual, real), command);
  let stop = async (): Promise<void> => {};

  return {
    type: command =>
      new Promise(resolve => {
        execFile('sh', ['-c', toReal(command)], options, (error, stdout, stderr) =>
          // On a terminal curl shows no progress.
          resolve(stdout + (error === null ? '' : stderr)),
        );
      }),
    async leaveRunning(command, sign) {
      await stop();
      const child = spawn('sh', ['-c', `exec ${toReal(command)}`], options);
      const ended = once(child, 'close');
      stop = async () => {
        child.kill('SIGTERM');
        await ended;
      };
      return new Promise((resolve, reject) => {
        let output = '';
        const read = (text: string): void => {
          output += text;
          if (output.includes(sign)) resolve(output);
        };
        child.stdout.setEncoding('utf8').on('data', read);
        child.stderr.setEncoding('utf8').on('data', read);
        void ended.then(([code]) => reject(new Error(`${command} ended with ${code}:\n${output}`)));
      });
    },
    [Symbol.asyncDispose]: () => stop(),
  };
}

async function writeProgram(path: string, script: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

/** `npm run [-s] <script> -- …`, in the folder of the package, without what npm says of it. */
async function npm(): Promise<string> {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    scripts: Readonly<Record<string, string>>;
  };
  const cases = Object.entries(scripts).map(
    ([name, line]) => `${name}) exec ${line.replace(/^node /, `"${process.execPath}" `)} "$@" ;;`,
  );
  return `[ "$2" = -s ] && shift\nname=$2; shift 3; cd "${root}"\ncase $name in\n${cases.join('\n')}\nesac`;
}

const isInstalled = (program: string): Promise<boolean> =>
  new Promise(resolve => execFile(program, ['--version'], error => resolve(error === null)));

/** As much of `curl -i <url>` as the documents need. */
const curl = `
fetch(process.argv.at(-1)).then(async answer => {
  console.log("HTTP/1.1 " + answer.status + " " + answer.statusText);
  for (const [name, value] of answer.headers) console.log(name + ": " + value);
  console.log("\\n" + await answer.text());
});
`;
