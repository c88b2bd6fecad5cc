/**
 * pino, with the members that could carry a credential cut out. Redaction is a second line: the first is that
 * nobody logs headers, bodies or query strings.
 */
import { type Logger, pino } from 'pino';
import type { Config } from './config.js';

export type { Logger } from 'pino';

const secretMembers = ['authorization', 'cookie', 'x-api-key', 'password', 'client_secret', 'token', 'code'];

/** SQLSTATE, or the name of an error of the system or of Node: what an operator needs, and never an OAuth code. */
const errorCode = /^(?:[0-9A-Z]{5}|E[A-Z]{3,20}|E[A-Z]+_[A-Z_]+|ERR_[A-Z0-9_]+)$/;

function hide(value: unknown, path: string[]): string {
  const isErrorCode = path[0] === 'err' && path[1] === 'code' && typeof value === 'string';
  return isErrorCode && errorCode.test(value) ? value : '[hidden]';
}

export function createLogger(config: Pick<Config, 'logLevel'>): Logger {
  return pino({
    level: config.logLevel,
    base: null,
    redact: { paths: secretMembers.flatMap((name) => [`["${name}"]`, `*["${name}"]`]), censor: hide },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
}
