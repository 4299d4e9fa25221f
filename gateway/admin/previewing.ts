import type { PreviewRow } from '../routing/preview.ts';
import type { AdminDeps } from './deps.ts';
import { field, text } from './fields.ts';
import { AdminRefusal } from './problems.ts';
import { isoOf } from './status.ts';

/** What a changed routes file would do to the requests of the last hour, for `POST /api/preview`. */
export interface PreviewView {
  readonly since: string;
  /** Of the last hour. */
  readonly requests: number;
  /** That another upstream would serve, or nobody; of a canary its share. */
  readonly moved: number;
  readonly movedShare: number;
  readonly templates: readonly PreviewRow[];
  /** Further templates that are not listed. */
  readonly others: number;
  /** Templates with a method that may change something. */
  readonly writes: number;
  readonly unmatchedRoutes: readonly string[];
  /** What the last hour cannot tell. */
  readonly notes: readonly string[];
  /** Errors of the file, each as one line; then nothing else is said. */
  readonly problems: readonly string[];
}

/** Bytes of a body: a routes file with its included ones. */
export const previewBody = 8 * 1024 * 1024;
const mostFiles = 200;
const longestText = 4 * 1024 * 1024;

interface GivenFile {
  readonly file: string;
  readonly text: string;
}

const isFile = (given: unknown): given is GivenFile => {
  const { file, text: content, ...rest } = Object(given) as Record<string, unknown>;
  return (
    typeof file === 'string' &&
    /^[^\0]{1,1024}$/.test(file) &&
    typeof content === 'string' &&
    Object.keys(rest).length === 0
  );
};

export const previewFields = {
  text: text('the main file', longestText),
  files: field(
    `the main file and those that it includes, each { file, text }, at most ${mostFiles}`,
    {
      type: 'array',
      items: {
        type: 'object',
        properties: { file: { type: 'string' }, text: { type: 'string' } },
        required: ['file', 'text'],
      },
      maxItems: mostFiles,
    },
    given =>
      Array.isArray(given) && given.length > 0 && given.length <= mostFiles && given.every(isFile)
        ? (given as readonly GivenFile[])
        : undefined,
  ),
};

/** Previews at once: each is a thread. */
const atOnce = 2;
let running = 0;

export async function previewOf(
  deps: Pick<AdminDeps, 'preview'>,
  given: { readonly text?: string | undefined; readonly files?: readonly GivenFile[] | undefined },
): Promise<PreviewView> {
  if (given.text !== undefined && given.files !== undefined)
    throw new AdminRefusal('bad-request', 'body: text and files exclude each other');
  if (running >= atOnce)
    throw new AdminRefusal(
      'too-many-previews',
      `${atOnce} previews are under way, ask again when they are done`,
    );
  running += 1;
  try {
    const { since, preview, problems, notes } = await deps.preview(given);
    return { since: isoOf(since), ...(preview ?? nothing), notes, problems };
  } finally {
    running -= 1;
  }
}

const nothing = {
  ...{ requests: 0, moved: 0, movedShare: 0, templates: [], others: 0, writes: 0, unmatchedRoutes: [] },
};
