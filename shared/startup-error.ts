/**
 * Why a process cannot do its work, in one sentence for the person who started it: a busy port, a database
 * that is not there, a data folder in use. Printed without a stack trace, exit status 1.
 */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}
