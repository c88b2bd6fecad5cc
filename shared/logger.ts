/**
 * pino, with the members that could carry a credential cut out. Redaction is a second line: the first is that
 * nobody logs headers, bodies or query strings.
 */
import { type Logger, pino } from 'pino';
import type { Config } from './config.js';

export type { Logger } from 'pino';

const secretMembers = ['authorization', 'cookie', 'x-api-key', 'password', 'client_secret', 'token', 'code'];

export function createLogger(config: Pick<Config, 'logLevel'>): Logger {
  return pino({
    level: config.logLevel,
    base: null,
    redact: { paths: secretMembers.flatMap((name) => [`["${name}"]`, `*["${name}"]`]), censor: '[hidden]' },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
}
