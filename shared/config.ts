/**
 * The one place that reads the environment. Everything else gets a `Config`.
 * Development needs nothing set; production has no default for anything secret
 * and names every problem together, so that an operator fixes them in one go.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { canonicalEmail } from './email.js';
import { parseRanges } from './http/special-addresses.js';
import { StartupError } from './startup-error.js';

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
  DATABASE_URL: z.string().optional(),
  REDIS_URL: z.string().optional(),
  DATA_DIR: z.string().default('.data'),
  SECRET_KEY: list,
  KEY_PEPPER: list,
  SMTP_URL: z.string().optional(),
  MAIL_FROM: z.string().default('Latchkey <no-reply@localhost>'),
  PRODUCT_HOSTS: list,
  TRUST_PROXY: z.coerce.number().int().min(0).default(0),
  REFRESH_GRACE_SECONDS: z.coerce.number().int().min(0).default(60),
  OPEN_REGISTRATION: z.enum(['on', 'off']).default('off'),
  DEFAULT_PRODUCT: z.string().optional(),
  SIMULATION_SPEED: z.coerce.number().positive().default(1),
  RATE_LIMIT_FACTOR: z.coerce.number().positive().default(1),
  AUTH_HOSTS: list,
  CLIENT_DOCUMENTS_DIR: z.string().optional(),
  CLIENT_DOCUMENT_HOSTS: list,
  OUTBOUND_ALLOW: list,
  ADMIN_EMAILS: list,
  SUPPORT_EMAIL: z.string().optional(),
  LEAKS_PUBLIC_KEYS: list,
  MCP_ALLOWED_ORIGINS: list,
  METRICS_PORT: port.optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

type Environment = z.output<typeof environmentSchema>;

export interface Config {
  production: boolean;
  host: string;
  authPort: number;
  apiPort: number;
  /** Public address of the authorization server, without a trailing slash (RFC 8414 `issuer`). */
  issuer: string;
  /** Public address of the resource API, without a trailing slash. */
  apiUrl: string;
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  /** Prefix of every Redis key; tests give each database its own. */
  redisPrefix: string;
  /** Postgres connections that one process holds at most. */
  databasePoolSize: number;
  dataDir: string;
  /** 32-byte keys, newest first: the first encrypts and signs, all decrypt and verify. */
  secretKeys: readonly Buffer[];
  /** HMAC keys for API-key hashes, newest first; empty means plain SHA-256. */
  keyPeppers: readonly Buffer[];
  smtpUrl: string | undefined;
  mailFrom: string;
  /** Host name to product id, as `PRODUCT_HOSTS` says. */
  productHosts: ReadonlyMap<string, string>;
  trustedProxies: number;
  refreshGraceSeconds: number;
  openRegistration: boolean;
  defaultProduct: string | undefined;
  simulationSpeed: number;
  rateLimitFactor: number;
  authHosts: readonly string[];
  clientDocumentsDir: string | undefined;
  clientDocumentHosts: readonly string[];
  outboundAllow: readonly string[];
  adminEmails: readonly string[];
  supportEmail: string | undefined;
  leaksPublicKeys: readonly string[];
  /** Browser origins that may call the server of agents' tools, beside our own. */
  mcpAllowedOrigins: readonly string[];
  metricsPort: number | undefined;
  logLevel: Environment['LOG_LEVEL'];
  /** bcrypt work factor for passwords; tests lower it. */
  bcryptCost: number;
}

/** Thrown with every problem of the environment at once; the message is meant for an operator's eyes. */
export class ConfigError extends StartupError {}

/** Reads and checks the environment. Throws `ConfigError`. */
export function loadConfig(source: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigError(`The environment is not usable: ${problems.join('; ')}.`);
  }
  const env = parsed.data;
  const production = env.NODE_ENV === 'production';
  const problems = [
    ...secretProblems(env),
    ...originProblems(env),
    ...outboundProblems(env),
    ...(production ? productionProblems(env) : []),
  ];
  if (problems.length > 0) throw new ConfigError(`Latchkey cannot start: ${problems.join('; ')}.`);
  return {
    production,
    host: env.HOST,
    authPort: env.AUTH_PORT,
    apiPort: env.API_PORT,
    issuer: env.ISSUER ?? `http://localhost:${env.AUTH_PORT}`,
    apiUrl: env.API_URL ?? `http://localhost:${env.API_PORT}`,
    databaseUrl: env.DATABASE_URL,
    redisUrl: env.REDIS_URL,
    redisPrefix: 'latchkey:',
    databasePoolSize: 20,
    dataDir: resolve(env.DATA_DIR),
    secretKeys: (env.SECRET_KEY.length > 0 ? env.SECRET_KEY : [developmentSecret(env.DATA_DIR)]).map((hex) =>
      Buffer.from(hex, 'hex'),
    ),
    keyPeppers: env.KEY_PEPPER.map((text) => Buffer.from(text, 'utf8')),
    smtpUrl: env.SMTP_URL,
    mailFrom: env.MAIL_FROM,
    productHosts: new Map(env.PRODUCT_HOSTS.map(productHost)),
    trustedProxies: env.TRUST_PROXY,
    refreshGraceSeconds: env.REFRESH_GRACE_SECONDS,
    openRegistration: env.OPEN_REGISTRATION === 'on',
    defaultProduct: env.DEFAULT_PRODUCT,
    simulationSpeed: env.SIMULATION_SPEED,
    rateLimitFactor: env.RATE_LIMIT_FACTOR,
    authHosts: env.AUTH_HOSTS.map((host) => host.toLowerCase()),
    clientDocumentsDir: env.CLIENT_DOCUMENTS_DIR,
    clientDocumentHosts: env.CLIENT_DOCUMENT_HOSTS.map((host) => host.toLowerCase()),
    outboundAllow: env.OUTBOUND_ALLOW,
    adminEmails: env.ADMIN_EMAILS.map(canonicalEmail),
    supportEmail: env.SUPPORT_EMAIL,
    leaksPublicKeys: env.LEAKS_PUBLIC_KEYS,
    mcpAllowedOrigins: env.MCP_ALLOWED_ORIGINS,
    metricsPort: env.METRICS_PORT,
    logLevel: env.LOG_LEVEL,
    bcryptCost: 12,
  };
}

function productHost(pair: string): [host: string, product: string] {
  const [product, host] = pair.split('=');
  if (!product || !host) throw new ConfigError(`PRODUCT_HOSTS has "${pair}" where product=host is expected.`);
  return [host.toLowerCase(), product];
}

function secretProblems(env: Environment): string[] {
  const malformed = env.SECRET_KEY.some((key) => !/^[0-9a-f]{64}$/i.test(key));
  return malformed
    ? ['SECRET_KEY must be 64 hexadecimal characters (or several with commas, newest first)']
    : [];
}

function originProblems({ MCP_ALLOWED_ORIGINS: origins }: Environment): string[] {
  const bad = origins.find((text) => !URL.canParse(text) || new URL(text).origin !== text);
  return bad === undefined
    ? []
    : [`MCP_ALLOWED_ORIGINS has "${bad}", which is not an origin such as https://app.example`];
}

function outboundProblems(env: Environment): string[] {
  try {
    parseRanges(env.OUTBOUND_ALLOW);
    return [];
  } catch {
    return ['OUTBOUND_ALLOW must be addresses or CIDR blocks with commas'];
  }
}

function productionProblems(env: Environment): string[] {
  const problems: string[] = [];
  if (env.SECRET_KEY.length === 0) problems.push('SECRET_KEY is missing');
  if (!env.DATABASE_URL) problems.push('DATABASE_URL is missing');
  if (!env.SMTP_URL) problems.push('SMTP_URL is missing');
  if (!env.ISSUER?.startsWith('https://')) problems.push('ISSUER must be an https address');
  if (!env.API_URL?.startsWith('https://')) problems.push('API_URL must be an https address');
  return problems;
}

/** The development secret is made once per data folder; two processes that start together agree on one. */
function developmentSecret(dataDir: string): string {
  const path = join(resolve(dataDir), 'secret-key');
  try {
    mkdirSync(resolve(dataDir), { recursive: true, mode: 0o700 });
    if (!existsSync(path)) createOnce(path, randomBytes(32).toString('hex'));
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`The data folder ${dataDir} cannot be used: ${(error as Error).message}.`);
  }
}

/** Writes a file for its owner alone, whole or not at all; the first of several writers wins. */
function createOnce(path: string, content: string): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}
