/**
 * What a handler hands back. A plain value is the body of a 200; `reply` is for everything else.
 */
export class Reply {
  constructor(
    readonly status: number,
    readonly body: unknown,
    readonly headers: Readonly<Record<string, string>>,
  ) {}
}

/**
 * An answer with a status of its own. An object becomes JSON; a string, a Buffer or a Readable goes out as it is, with the
 * `Content-Type` of `headers`; undefined is an empty body.
 */
export function reply(status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return new Reply(status, body, headers);
}
