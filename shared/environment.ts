/**
 * The variables that Latchkey reads, and what is wrong with their values. Every problem is found in one pass, so that
 * an operator corrects them together. `.env` in the working directory adds variables that the environment has not set.
 */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { parseRanges } from './http/special-addresses.js';

const list = z
  .string()
  .optional()
  .transform((text) =>
    text
      ? text
          .split(',')
          .map((item) => item.trim())
          .filter(Boolean)
      : [],
  );

/** A URL with one of these schemes (with the colon) and a host, or a path for a Unix socket. */
const url = (schemes: readonly string[], example: string) =>
  z.string().refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol), {
    message: `must be a URL such as ${example}`,
  });
const postgresUrl = url(['postgres:', 'postgresql:'], 'postgres://user:password@host:5432/name');
const onOrOff = z.enum(['on', 'off']);

const port = z.coerce.number().int().min(0).max(65535);
const origin = z
  .string()
  .url()
  .transform((text) => text.replace(/\/+$/, ''));

/** Every variable that Latchkey reads; `.env.example` is held against these names by a test. */
export const environmentSchema = z.object({
  NODE_ENV: z.string().optional(),
  HOST: z.string().default('127.0.0.1'),
  AUTH_PORT: port.default(3000),
  API_PORT: port.default(4000),
  ISSUER: origin.optional(),
  API_URL: origin.optional(),
  DATABASE_URL: postgresUrl.optional(),
  DATABASE_DIRECT_URL: postgresUrl.optional(),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(1000).default(5),
  DATABASE_STARTUP_PARAMETERS: onOrOff.default('on'),
  REDIS_URL: url(['redis:', 'rediss:'], 'redis://host:6379').optional(),
  REDIS_OPTIONAL: onOrOff.default('off'),
  DATA_DIR: z.string().default('.data'),
  SECRET_KEY: list.refine((keys) => keys.every((key) => /^[0-9a-f]{64}$/i.test(key)), {
    message: 'must be 64 hexadecimal characters (or several with commas, newest first)',
  }),
  KEY_PEPPER: list,
  SMTP_URL: url(['smtp:', 'smtps:'], 'smtp://host:587').optional(),
  MAIL_FROM: z.string().default('Latchkey <no-reply@localhost>'),
  PRODUCT_HOSTS: list,
  TRUST_PROXY: z.coerce.number().int().min(0).default(0),
  REFRESH_GRACE_SECONDS: z.coerce.number().int().min(0).default(60),
  OPEN_REGISTRATION: onOrOff.default('off'),
  DEFAULT_PRODUCT: z.string().optional(),
  SIMULATION_SPEED: z.coerce.number().positive().default(1),
  RATE_LIMIT_FACTOR: z.coerce.number().positive().default(1),
  AUTH_HOSTS: list,
  CLIENT_DOCUMENTS_DIR: z.string().optional(),
  CLIENT_DOCUMENT_HOSTS: list,
  OUTBOUND_ALLOW: list.refine(areRanges, { message: 'must be addresses or CIDR blocks with commas' }),
  ADMIN_EMAILS: list,
  SUPPORT_EMAIL: z.string().optional(),
  LEAKS_PUBLIC_KEYS: list,
  MCP_ALLOWED_ORIGINS: list.refine((origins) => origins.every(isOrigin), {
    message: 'must be origins such as https://app.example, with commas',
  }),
  METRICS_PORT: port.optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

export type Environment = z.output<typeof environmentSchema>;

/** Variables as text; an empty one counts as absent. */
type Source = Readonly<Record<string, string | undefined>>;

/** @returns the values, or every problem of them as a sentence without a full stop */
export function readEnvironment(source: Source): { env?: Environment; problems: string[] } {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(given);
  const problems = [
    ...(parsed.error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? []),
    ...(given.NODE_ENV === 'production' ? productionProblems(given) : []),
  ];
  return parsed.success ? { env: parsed.data, problems } : { problems };
}

/**
 * Adds the variables of `.env` in the working directory; what the environment has already set stays. Tests do not read
 * the file of the developer.
 */
export function loadEnvironmentFile(environment: NodeJS.ProcessEnv): void {
  if (environment.NODE_ENV !== 'test' && existsSync('.env')) process.loadEnvFile('.env');
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

function areRanges(texts: string[]): boolean {
  try {
    parseRanges(texts);
    return true;
  } catch {
    return false;
  }
}

function productionProblems(given: Source): string[] {
  const problems: string[] = [];
  for (const name of ['SECRET_KEY', 'DATABASE_URL', 'SMTP_URL']) {
    if (given[name] === undefined) problems.push(`${name} is missing`);
  }
  for (const name of ['ISSUER', 'API_URL']) {
    if (!given[name]?.startsWith('https://')) problems.push(`${name} must be an https URL`);
  }
  return problems;
}
