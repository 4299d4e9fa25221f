/** A field that cannot be taken, and why. */
export interface FieldProblem {
  /** Where it is in the body, as `lines[0].quantity`; `$` is the whole, `header:name` a header. */
  readonly field: string;
  readonly detail: string;
}

/** An answer in place of the one that was asked for (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  /** Kebab-case and stable: what programs look at. */
  readonly code: string;
  readonly errors: readonly FieldProblem[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    detail: string,
    more: { errors?: readonly FieldProblem[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.errors = more.errors ?? [];
    this.headers = more.headers ?? {};
  }
}

export const toProblemJson = (problem: Problem, from: { service: string; requestId: string }): string =>
  JSON.stringify({
    type: `https://figway.dev/demo/${from.service}/${problem.code}`,
    title: problem.code.replaceAll('-', ' '),
    status: problem.status,
    detail: problem.message,
    instance: from.requestId,
    code: problem.code,
    ...(problem.errors.length > 0 && { errors: problem.errors }),
  });
